/* A rank that is ahead of another may send what that one is to ask for later: such messages are
 * kept until then. */
#include "rank_wait.h"

#include "alloc.h"
#include <string.h>

enum { NONE = -1, WORDS = 2000 };

static struct {
    nt_dist_message *items;
    size_t count, capacity;
} early;

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

static nt_status keep(const nt_dist_message *message, nt_error *error) {
    if (!nt_grow((void **)&early.items, &early.capacity, early.count, sizeof *early.items))
        return no_memory(error);
    early.items[early.count++] = *message;
    return NT_OK;
}

/* The first of the kind that came early, if there is one. */
static bool take_early(int kind, nt_dist_message *ret) {
    size_t i = 0;
    while (i < early.count && early.items[i].kind != kind)
        i++;
    if (i == early.count)
        return false;
    *ret = early.items[i];
    early.count--;
    memmove(&early.items[i], &early.items[i + 1], (early.count - i) * sizeof *early.items);
    return true;
}

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

/* Looks once whether there is a message; it is the one that is wanted, or an early one, or the end.
 */
static nt_status look(int wanted, nt_dist_message *ret, bool *ret_wanted, nt_error *error) {
    nt_dist_message message;
    bool came;
    *ret_wanted = false;
    if (nt_dist_receive(&message, &came) != NT_OK)
        return no_memory(error);
    if (!came)
        return NT_OK;
    if (message.kind == wanted) {
        *ret = message;
        *ret_wanted = true;
        return NT_OK;
    }
    nt_status status = message.kind >= NT_TRAIN_HELLO && message.kind <= NT_TRAIN_DONE
                           ? keep(&message, error)
                           : give_up(&message, error);
    if (status != NT_OK)
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
    for (bool came = take_early(kind, ret); !came;) {
        NT_TRY(look(kind, ret, &came, error));
        if (!came)
            nt_dist_pause();
    }
    return NT_OK;
}
