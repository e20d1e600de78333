/* Any text as overlays.json of a run, shown on a report's page. Nothing but pictures of the run is
 * on it: what lies elsewhere begins with a word that must not be there. */
#include "mutate_json.h"
#include "page_private.h"
#include "scratch.h"
#include "target.h"
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool begun;
    nt_record record = {.metric = "dice", .group_count = 2};
    nt_text html;
    nt_error error;
    if (!begun) {
        mkdir(scratch_path("overlays"), 0777);
        scratch_put("overlays/a.png", "\x89PNG", 4);
        scratch_put("secret", "secret of another folder", 24);
        begun = true;
    }
    size_t before = nt_alloc_in_use();
    scratch_put("overlays/overlays.json", data, size);
    nt_arena_init(&record.arena);
    record.folder = scratch_folder();
    nt_text_init(&html);
    nt_error_init(&error);
    nt_status status = nt_page_overlays(&html, &record, &error);
    check_outcome(status, &error);
    assert(!html.failed && !strstr(html.bytes, "c2VjcmV0")); /* "secret" in base64 */
    assert(!strstr(html.bytes, "<script"));
    nt_error_finish(&error);
    nt_text_finish(&html);
    nt_arena_finish(&record.arena);
    assert(nt_alloc_in_use() == before);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed) {
    static const char *const words[] = {"a.png",    "../secret", "/etc/passwd", "..",      ".",
                                        "",         "group",     "case",        "sample",  "name",
                                        "value",    "file",      "<script>",    "\"><img", "&amp;",
                                        "baseline", NULL};
    return mutate_json(data, size, most, seed, words);
}
