/* What is said of a pickle that is not read: where its opcode in hand lies, why, and what to do. */
#include "pickle_private.h"

static void say(const nt_pickle_machine *m, const char *format, va_list arguments) {
    nt_text text;
    nt_text_init(&text);
    nt_text_vprintf(&text, format, arguments);
    nt_error_in(m->in->file->error, NT_INVALID, m->in->path, (int64_t)m->opcode_at, "%s",
                text.failed ? "the pickle cannot be read" : text.bytes);
    nt_text_finish(&text);
}

nt_status nt_pickle_broken(const nt_pickle_machine *m, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(m, format, arguments);
    va_end(arguments);
    nt_error_hint(m->in->file->error, "the pickle is damaged: copy or download the file again");
    return NT_INVALID;
}

nt_status nt_pickle_refuse(const nt_pickle_machine *m, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    say(m, format, arguments);
    va_end(arguments);
    nt_error_hint(m->in->file->error,
                  "only tensors in dicts are read, and no code of a file is run; if you trust it, "
                  "load it in Python, and save the weights alone: torch.save(model.state_dict(), "
                  "\"weights.pt\")");
    return NT_INVALID;
}
