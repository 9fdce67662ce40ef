/*
 * Reads texts from standard input, each behind its length (4 bytes, little endian), with libconfig, and answers each
 * with one line, after one that has its own version: "error <line>", or the tree in JSON. Strings are in hexadecimal digits, since they hold any bytes;
 * 64-bit integers are text, to tell them from those of 32 bits.
 */
#include <libconfig.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_value(const config_setting_t *setting);

static void print_text(const char *text)
{
  putchar('"');
  for (; *text != '\0'; text++) printf("%02x", (unsigned char)*text);
  putchar('"');
}

static void print_children(const config_setting_t *setting, int is_group)
{
  int count = config_setting_length(setting);
  printf(is_group ? "{\"group\":[" : "[");
  for (int at = 0; at < count; at++) {
    const config_setting_t *child = config_setting_get_elem(setting, (unsigned)at);
    if (at > 0) putchar(',');
    if (is_group) {
      putchar('[');
      print_text(config_setting_name(child));
      putchar(',');
    }
    print_value(child);
    if (is_group) putchar(']');
  }
  printf(is_group ? "]}" : "]");
}

static void print_value(const config_setting_t *setting)
{
  switch (config_setting_type(setting)) {
  case CONFIG_TYPE_GROUP: print_children(setting, 1); break;
  case CONFIG_TYPE_LIST:
  case CONFIG_TYPE_ARRAY: print_children(setting, 0); break;
  case CONFIG_TYPE_INT: printf("%d", config_setting_get_int(setting)); break;
  case CONFIG_TYPE_INT64: printf("{\"int64\":\"%lld\"}", config_setting_get_int64(setting)); break;
  case CONFIG_TYPE_FLOAT: printf("{\"float\":\"%.17g\"}", config_setting_get_float(setting)); break;
  case CONFIG_TYPE_BOOL: printf(config_setting_get_bool(setting) ? "true" : "false"); break;
  case CONFIG_TYPE_STRING:
    printf("{\"text\":");
    print_text(config_setting_get_string(setting));
    putchar('}');
    break;
  default: printf("null");
  }
}

static void answer(const char *text)
{
  config_t config;
  config_init(&config);
  if (config_read_string(&config, text) == CONFIG_TRUE) print_value(config_root_setting(&config));
  else printf("error %d", config_error_line(&config));
  putchar('\n');
  config_destroy(&config);
}

int main(void)
{
  printf("%d.%d\n", LIBCONFIG_VER_MAJOR, LIBCONFIG_VER_MINOR);
  unsigned char size[4];
  while (fread(size, 1, sizeof size, stdin) == sizeof size) {
    size_t length = (size_t)size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16 | (size_t)size[3] << 24;
    char *text = malloc(length + 1);
    if (text == NULL || fread(text, 1, length, stdin) != length) return EXIT_FAILURE;
    text[length] = '\0';
    answer(text);
    free(text);
  }
  return EXIT_SUCCESS;
}
