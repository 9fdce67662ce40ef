/**
 * The house's own lint rules. Each is a message and the syntax it forbids (esquery selectors), so each has a name of
 * its own and can be switched off for one line without switching off the others.
 */
const forbid = (message, ...selectors) => ({
  meta: { type: 'problem', schema: [] },
  create: (context) => ({ [selectors.join(', ')]: (node) => context.report({ node, message }) }),
});

const onComments = (message, isForbidden) => ({
  meta: { type: 'problem', schema: [] },
  create: (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        if (isForbidden(comment)) context.report({ loc: comment.loc, message });
      }
    },
  }),
});

const onFileName = (judge) => ({
  meta: { type: 'problem', schema: [] },
  create: (context) => ({
    Program(node) {
      const name = context.filename.split(/[\\/]/).pop();
      const message = judge(name);
      if (message) context.report({ node, loc: { line: 1, column: 0 }, message });
    },
  }),
});

const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*\.[cm]?[jt]s$/;
const VAGUE = /^(.+-)?(utils?|helpers?|common|misc)\.|^(data|info)\./;

const judgeSourceName = (name) => {
  if (/^index\./.test(name)) return 'No index.ts barrels: import the file that says what it is.';
  if (VAGUE.test(name)) return `"${name}" says nothing; name the noun it is about.`;
  if (!KEBAB.test(name)) return `"${name}" is not kebab-case with the role last, like "rollouts.service.ts".`;
  return undefined;
};

const judgeMigrationName = (name) =>
  /^\d{13}-[A-Z][A-Za-z0-9]*\.ts$/.test(name)
    ? undefined
    : `"${name}" is not <epoch-ms>-<PascalCase>.ts; a migration is named so that it sorts by age.`;

/** Code in a comment: a line that begins like a statement and ends like one. Prose seldom does both. */
const STATEMENT =
  /^\s*\*?\s*(?:(?:(?:const|let|import|export|return|await|throw|if|else|for|while|switch)\b|this\.|[\w.]+\().*[;{]|}\s*(?:else\b.*)?[;{]?)\s*$/;
const isCode = ({ type, value }) =>
  type === 'Line'
    ? STATEMENT.test(value)
    : !value.startsWith('*') && value.split('\n').some((line) => STATEMENT.test(line));

const FUNCTION =
  ':matches(FunctionDeclaration, FunctionExpression, ArrowFunctionExpression, TSEmptyBodyFunctionExpression)';
const DECLARED_NAME =
  ':matches(ClassDeclaration, TSInterfaceDeclaration, TSTypeAliasDeclaration) > Identifier.id';

export const house = {
  meta: { name: 'house' },
  rules: {
    'max-params': forbid(
      'More than 4 parameters: the missing noun is an object that names them.',
      `${FUNCTION}[params.length>4]:not(MethodDefinition[kind="constructor"] > FunctionExpression)`,
    ),
    'max-dependencies': forbid(
      'A constructor with more than 7 parameters: this class does two things.',
      `MethodDefinition[kind="constructor"] > ${FUNCTION}[params.length>7]`,
    ),
    'settings-only': forbid(
      'Only src/platform/config reads process.env: ask for a Settings value instead.',
      'MemberExpression[object.name="process"]:matches([property.name="env"], [property.value="env"])',
      'VariableDeclarator[init.name="process"] > ObjectPattern > Property[key.name="env"]',
      'ImportDeclaration[source.value=/^(node:)?process$/]',
    ),
    'clock-only': forbid(
      'Only src/platform/clock knows what time it is: inject the Clock, or take `now` as a parameter.',
      'MemberExpression[object.name="Date"][property.name="now"]',
      'NewExpression[callee.name="Date"][arguments.length=0]',
      'CallExpression[callee.name="Date"]',
    ),
    'no-default-export': forbid(
      'No default exports: a thing has one name everywhere.',
      'ExportDefaultDeclaration',
      'ExportSpecifier[exported.name="default"]',
    ),
    'no-forward-ref': forbid(
      'No forwardRef: one of the two modules is above the other.',
      'ImportSpecifier[imported.name="forwardRef"]',
    ),
    'plain-names': forbid(
      'handle, process, manage, util, helper, common, data and info say nothing: name what it does or what it is.',
      'FunctionDeclaration > Identifier.id[name=/^(handle|process|manage)([A-Z]|$)/]',
      'MethodDefinition[override=false] > Identifier.key[name=/^(handle|process|manage)([A-Z]|$)/]',
      `${DECLARED_NAME}[name=/(Utils?|Helpers?|Manager|Handler|Processor|Common|Data|Info)$/]`,
    ),
    'source-name': onFileName(judgeSourceName),
    'migration-name': onFileName(judgeMigrationName),
    'no-commented-code': onComments('No commented-out code: git remembers it.', isCode),
    'no-focused-test': forbid(
      'A focused test silences all others.',
      'MemberExpression[object.name=/^(it|test|describe)$/][property.name="only"]',
      'CallExpression[callee.name=/^(fit|fdescribe)$/]',
    ),
    'no-mocked-database': forbid(
      'Never mock a repository or the database: use the real Postgres of test/support.',
      'CallExpression[callee.object.name="jest"][callee.property.name=/[mM]ock$/] > Literal.arguments[value=/repository|database|typeorm|^pg$/]',
      'ObjectExpression:has(> Property[key.name=/^use(Value|Class|Factory)$/]) > Property[key.name="provide"][value.name=/Repository$/]',
    ),
  },
};
