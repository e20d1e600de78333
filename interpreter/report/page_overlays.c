/* Pictures before and after on the page, as base64: what suite_overlays.c left in the run. The run
 * may be a stranger's: they are PNG files of its own folder, as many and as large as a page can
 * hold. */
#include "page_private.h"

#include "base64.h"
#include "beneath.h"
#include "html.h"
#include "json_in.h"
#include <string.h>

enum { LARGEST_PICTURE = 1 << 24, MOST_PICTURES = 1000, MOST_BYTES = 1 << 28 /* in all */ };

/* Its name, or its number. */
static void add_sample(nt_text *html, const json_t *item) {
    const char *name = json_string_value(json_object_get(item, "name"));
    nt_text_add(html, "sample ");
    if (name && name[0])
        nt_html_text(html, name);
    else
        nt_text_printf(html, "%lld",
                       (long long)json_integer_value(json_object_get(item, "sample")));
}

/* Cases of two groups may have one name. */
static void add_case(nt_text *html, const nt_record *record, const json_t *item) {
    const char *name = json_string_value(json_object_get(item, "case"));
    const char *group = json_string_value(json_object_get(item, "group"));
    nt_html_text(html, name);
    if (record->group_count > 1 && group && strcmp(group, name) != 0) {
        nt_text_add(html, " of ");
        nt_html_text(html, group);
    }
}

/* What is to be seen, as far as numbers say it. */
static void add_alt(nt_text *html, const nt_record *record, const json_t *item) {
    const json_t *value = json_object_get(item, "value");
    nt_text_add(html, "The mask of ");
    add_case(html, record, item);
    nt_text_add(html, " over ");
    add_sample(html, item);
    if (json_is_number(value))
        nt_text_printf(html, ", of a %s of %.3f", record->metric, json_number_value(value));
}

static bool is_png(const nt_bytes *file) {
    static const char mark[8] = "\x89PNG\r\n\x1a\n";
    return file->size > sizeof mark && memcmp(file->bytes, mark, sizeof mark) == 0;
}

static nt_status add_picture(nt_text *html, const nt_record *record, const json_t *item,
                             nt_arena *arena, nt_error *error) {
    const char *file = json_string_value(json_object_get(item, "file"));
    const char *name = json_string_value(json_object_get(item, "case"));
    const char *path = file && name && !strchr(file, '/')
                           ? nt_arena_printf(arena, "%s/overlays/%s", record->folder, file)
                           : NULL;
    const json_t *value = json_object_get(item, "value");
    nt_bytes png;
    if (!path || !nt_beneath_there(path)) /* the figures are whole without it */
        return NT_OK;
    NT_TRY(nt_beneath_read(record->folder, path, LARGEST_PICTURE, &png, error));
    if (!is_png(&png) || html->length > MOST_BYTES) {
        bool other = !is_png(&png);
        nt_bytes_finish(&png);
        return nt_error_in(error, NT_INVALID, path, -1, "%s",
                           other ? "is no PNG file" : "is one picture too many for a page");
    }
    nt_text_add(html, "<figure><img alt=\"");
    add_alt(html, record, item);
    nt_text_add(html, "\" src=\"data:image/png;base64,");
    nt_text_add_base64(html, png.bytes, png.size);
    nt_text_add(html, "\"><figcaption>");
    add_case(html, record, item);
    if (json_is_number(value))
        nt_text_printf(html, "<br>%.3f", json_number_value(value));
    nt_text_add(html, "</figcaption></figure>\n");
    nt_bytes_finish(&png);
    return NT_OK;
}

static bool same_sample(const json_t *a, const json_t *b) {
    return json_integer_value(json_object_get(a, "sample")) ==
           json_integer_value(json_object_get(b, "sample"));
}

/* A strip for each sample, with its cases in the order of the list. */
static nt_status add_strips(nt_text *html, const nt_record *record, const json_t *list,
                            nt_arena *arena, nt_error *error) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *first = json_array_get(list, i);
        bool begun = false;
        for (size_t k = 0; k < i && !begun; k++)
            begun = same_sample(json_array_get(list, k), first);
        if (begun)
            continue;
        nt_text_add(html, "<h3>On ");
        add_sample(html, first);
        nt_text_add(html, "</h3>\n<div class=\"strip scroll\" role=\"group\" tabindex=\"0\" "
                          "aria-label=\"Pictures of ");
        add_sample(html, first);
        nt_text_add(html, "\">");
        for (size_t k = i; k < json_array_size(list); k++)
            if (same_sample(json_array_get(list, k), first))
                NT_TRY(add_picture(html, record, json_array_get(list, k), arena, error));
        nt_text_add(html, "</div>\n");
    }
    return NT_OK;
}

static nt_status add_list(nt_text *html, const nt_record *record, const json_t *list,
                          const char *path, nt_arena *arena, nt_error *error) {
    if (!json_is_array(list) || json_array_size(list) > MOST_PICTURES)
        return nt_error_in(error, NT_INVALID, path, -1, "is no list of up to %d pictures",
                           MOST_PICTURES);
    if (json_array_size(list) > 0)
        nt_text_printf(
            html,
            "<h2 id=\"overlays\">Before and after</h2>\n<p>A sample of which the baseline "
            "makes less than "
            "of most, one in the middle, one of the best, with the first seed: the "
            "network's mask in colour, the truth outlined in white, and the %s.</p>\n",
            record->metric);
    return add_strips(html, record, list, arena, error);
}

/* Where the run left any (suite_overlays.c). */
nt_status nt_page_overlays(nt_text *html, const nt_record *record, nt_error *error) {
    nt_arena arena;
    nt_bytes file;
    nt_arena_init(&arena);
    const char *path = nt_arena_printf(&arena, "%s/overlays/overlays.json", record->folder);
    nt_status status = path ? NT_OK : NT_NO_MEMORY;
    if (path && nt_beneath_there(path) &&
        (status = nt_beneath_read(record->folder, path, LARGEST_PICTURE, &file, error)) == NT_OK) {
        json_t *list = NULL;
        status = nt_json_load(path, 0, file.bytes, file.size, &list, error);
        if (status == NT_OK)
            status = add_list(html, record, list, path, &arena, error);
        json_decref(list);
        nt_bytes_finish(&file);
    }
    nt_arena_finish(&arena);
    return status;
}
