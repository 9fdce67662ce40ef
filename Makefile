# Thin names for the scripts of package.json, for those whose fingers type "make".

.DEFAULT_GOAL := help
.PHONY: help install start build check format test e2e migrate clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

install: ## install exactly what the lockfile says
	npm ci

start: ## build and start on the embedded Postgres
	npm start

build: ## compile to dist/
	npm run build

check: ## format, lint, types, architecture, unit tests
	npm run check

format: ## format every file
	npm run format

test: ## everything that needs neither network nor root
	npm test

e2e: ## real clients (needs Debian's swupdate and rauc)
	npm run test:e2e

migrate: ## bring the database of ROOKERY_DATABASE_URL to this build's schema
	npm run migrate

clean: ## remove what a build and a test run leave; the data folder stays
	rm -rf dist coverage .results
