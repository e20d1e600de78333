#include "rank_wait.h"

enum { NONE = -1, WORDS = 2000 };

/* Why a message that nobody waits for ends the training. */
static nt_status give_up(const nt_dist_message *message, nt_error *error) {
    int length = message->size < WORDS ? (int)message->size : WORDS;
    const char *words = message->bytes;
    while (length > 0 && words[length - 1] == '\n')
        length--;
    if (message->kind == NT_DIST_FAILED)
        return nt_error_say(error, NT_FAILED, "rank %d: %.*s", message->from, length, words);
    if (message->kind == NT_DIST_END)
        return nt_error_say(error, NT_FAILED, "rank 0 has ended");
    return nt_error_say(error, NT_FAILED, "rank %d sent a message of kind %d in training",
                        message->from, message->kind);
}

/* Looks once whether there is a message; it is one that is wanted, or the end. */
static nt_status look(int wanted, nt_dist_message *ret, bool *ret_came, nt_error *error) {
    nt_dist_message message;
    *ret_came = false;
    if (nt_dist_receive(&message, ret_came) != NT_OK)
        return nt_error_say(error, NT_NO_MEMORY, "out of memory");
    if (!*ret_came)
        return NT_OK;
    if (message.kind == wanted) {
        *ret = message;
        return NT_OK;
    }
    nt_status status = give_up(&message, error);
    nt_dist_message_finish(&message);
    return status;
}

nt_status nt_rank_look(nt_error *error) {
    nt_dist_message none;
    bool came;
    return look(NONE, &none, &came, error);
}

nt_status nt_rank_wait(nt_dist_exchange **exchange, nt_error *error) {
    while (!nt_dist_done(exchange)) {
        NT_TRY(nt_rank_look(error));
        nt_dist_pause();
    }
    return NT_OK;
}

nt_status nt_rank_receive(int kind, nt_dist_message *ret, nt_error *error) {
    for (bool came = false; !came;) {
        NT_TRY(look(kind, ret, &came, error));
        if (!came)
            nt_dist_pause();
    }
    return NT_OK;
}
