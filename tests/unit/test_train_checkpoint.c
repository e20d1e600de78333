/* Checkpoints: what is read back, which is overwritten, and what becomes of damaged ones. */
#include "checkpoint.h"
#include "file.h"
#include "safetensors.h"
#include "support_train.h"
#include <errno.h>

static bench b;

static nt_training_state *new_state(const char *optimiser) {
    nt_training_state *state = NULL;
    EXPECT_OK(&b.error,
              nt_training_state_new(b.network, nt_optimiser_find(optimiser), &state, &b.error));
    return state;
}

/* Another content for each `mark`, exact in float. */
static void fill(nt_training_state *state, int mark) {
    for (size_t i = 0; i < nt_weights_count(state->weights); i++) {
        nt_tensor tensor = nt_weights_at(state->weights, i);
        if (tensor.type.dtype == NT_I32) {
            tensor.i[0] = 1000 * mark + (int32_t)i;
            continue;
        }
        int64_t count = nt_shape_elements(tensor.type.shape);
        float *rows = nt_alloc((size_t)count * sizeof *rows);
        for (int64_t k = 0; k < count; k++)
            rows[k] = (float)(mark * 4096 + (int)i * 64) + (float)k / 1024;
        nt_tensor_from_rows(tensor.type, rows, tensor.f);
        nt_free(rows, (size_t)count * sizeof *rows);
    }
}

/* The cursor that goes with the mark. */
static nt_cursor cursor_of(int mark) {
    return (nt_cursor){.epoch = mark / 10,
                       .step = mark % 10,
                       .loss_sum = mark / 3.0,
                       .correct = INT64_C(3000000000) * (mark % 10),
                       .counted = INT64_C(6000000000) * (mark % 10),
                       .seconds = 0.1 * mark};
}

/* Of the runs that these are checkpoints of. */
static const nt_course course = {.epochs = 100, .steps = 10, .targets = INT64_C(6000000000)};

/* That of seed number `seed`; all else is the same. */
static nt_identity run_of(int seed) {
    nt_identity identity;
    for (int i = 0; i < NT_IDENTITY_PARTS; i++)
        snprintf(identity.parts[i], NT_DIGEST_HEX, "part %d", i);
    snprintf(identity.parts[NT_PART_SEED], NT_DIGEST_HEX, "%d", seed);
    return identity;
}

static nt_status save(const char *folder, nt_training_state *state, int mark) {
    nt_cursor cursor = cursor_of(mark);
    const nt_run_mark run = {.identity = run_of(7), .numerics = "some\nothers"};
    fill(state, mark);
    return nt_checkpoint_save(folder, state, &cursor, &course, &run, &b.error);
}

static void save_ok(const char *folder, nt_training_state *state, int mark) {
    EXPECT_OK(&b.error, save(folder, state, mark));
}

static const char *place(const char *folder, int k) {
    return path_in(folder, k ? "checkpoint-1.safetensors" : "checkpoint-0.safetensors");
}

typedef struct loaded {
    nt_status status;
    nt_found found;
    int mark; /* of what was read; -1: nothing, or not all of one piece */
    const char *damage;
} loaded;

static loaded load_as(const char *folder, nt_identity identity) {
    nt_training_state *state = new_state("adamw"), *expected = new_state("adamw");
    nt_checkpoint from;
    loaded result = {.mark = -1};
    result.status =
        nt_checkpoint_load(folder, state, &identity, &course, &b.arena, &from, &b.error);
    if (result.status == NT_OK) {
        result.found = from.found;
        result.damage = from.damage;
    }
    if (result.status == NT_OK && result.found != NT_FOUND_NONE) {
        nt_cursor cursor = from.cursor;
        int mark = cursor.epoch * 10 + cursor.step;
        nt_cursor other = cursor_of(mark);
        fill(expected, mark);
        assert_string_equal(from.numerics, "some\nothers");
        if (same_weights(state->weights, expected->weights) && cursor.correct == other.correct &&
            cursor.counted == other.counted && cursor.loss_sum == other.loss_sum &&
            cursor.seconds == other.seconds)
            result.mark = mark;
    }
    nt_training_state_free(state);
    nt_training_state_free(expected);
    return result;
}

static loaded load(const char *folder) {
    return load_as(folder, run_of(7));
}

static void expect_newest(const char *folder, int mark) {
    loaded result = load(folder);
    EXPECT_OK(&b.error, result.status);
    assert_int_equal(result.found, NT_FOUND_NEWEST);
    assert_int_equal(result.mark, mark);
    assert_null(result.damage);
}

/* --- good ones -------------------------------------------------------------------------------- */

static void none_at_first(void **state) {
    loaded result = load(*state);
    EXPECT_OK(&b.error, result.status);
    assert_int_equal(result.found, NT_FOUND_NONE);
}

/* Two places, and the older one is always the next to go, also from one epoch to the next. */
static void older_is_overwritten(void **folder) {
    static const int marks[] = {3, 7, 10, 11, 25, 30};
    nt_training_state *state = new_state("adamw");
    for (int i = 0; i < 6; i++) {
        nt_bytes before = {0}, after;
        if (i > 0)
            EXPECT_OK(&b.error,
                      nt_file_read(place(*folder, (i + 1) % 2), 1 << 20, &before, &b.error));
        save_ok(*folder, state, marks[i]);
        expect_newest(*folder, marks[i]);
        assert_int_equal(count_files(*folder), i == 0 ? 1 : 2);
        if (i > 0) { /* the newest so far is as it was */
            EXPECT_OK(&b.error,
                      nt_file_read(place(*folder, (i + 1) % 2), 1 << 20, &after, &b.error));
            assert_int_equal(before.size, after.size);
            assert_memory_equal(before.bytes, after.bytes, before.size);
            nt_bytes_finish(&before);
            nt_bytes_finish(&after);
        }
    }
    nt_checkpoint_remove(*folder);
    assert_int_equal(count_files(*folder), 0);
    nt_training_state_free(state);
}

static void other_runs_are_refused(void **folder) {
    nt_training_state *state = new_state("adamw");
    nt_identity other = run_of(8);
    save_ok(*folder, state, 5);
    loaded result = load_as(*folder, other);
    assert_int_equal(result.status, NT_INVALID);
    assert_non_null(strstr(shown(&b.error), "choose another folder, or remove this one"));
    EXPECT_ERROR(&b.error, result.status, NT_INVALID,
                 "checkpoint-0.safetensors: error: is a checkpoint of another run: its seed is 7, "
                 "not 8");
    snprintf(other.parts[NT_PART_OPTIMISER], NT_DIGEST_HEX, "another");
    snprintf(other.parts[NT_PART_EPOCHS], NT_DIGEST_HEX, "9");
    result = load_as(*folder, other);
    EXPECT_ERROR(&b.error, result.status, NT_INVALID,
                 "another run: the optimiser differs, its number of epochs is part 6, not 9 and "
                 "its seed is 7, not 8");
    nt_training_state_free(state);
}

/* Another optimiser has other slots; whose run it is counts, not that its tensors don't fit. */
static void other_optimisers_are_other_runs(void **folder) {
    nt_training_state *state = new_state("sgd");
    save_ok(*folder, state, 5);
    loaded result = load_as(*folder, run_of(8));
    EXPECT_ERROR(&b.error, result.status, NT_INVALID, "is a checkpoint of another run");
    nt_training_state_free(state);
}

/* As the first version wrote them. */
static void earlier_checkpoints_are_refused(void **folder) {
    nt_training_state *state = new_state("adamw");
    const nt_metadata first[] = {
        {"epoch", "0"},      {"step", "5"},          {"loss_sum", "0x1p+0"},
        {"correct", "3"},    {"seconds", "0x1p+0"},  {"identity", "this run"},
        {"tensors", "some"}, {"digest", "of these"}, {NULL, NULL}};
    fill(state, 5);
    EXPECT_OK(&b.error, nt_safetensors_write(place(*folder, 0), state->weights, first, &b.error));
    loaded result = load(*folder);
    assert_non_null(strstr(shown(&b.error), "choose another folder, or remove this one"));
    EXPECT_ERROR(&b.error, result.status, NT_INVALID,
                 "checkpoint-0.safetensors: error: was written by an earlier version of this "
                 "program, whose runs can't be compared with this one");
    nt_training_state_free(state);
}

/* --- damaged ones ----------------------------------------------------------------------------- */

static void expect_other(const char *folder, int mark, const char *damaged, size_t at) {
    loaded result = load(folder);
    if (result.status != NT_OK)
        fail_msg("byte %zu: %s", at, shown(&b.error));
    if (result.found != NT_FOUND_OTHER || result.mark != mark)
        fail_msg("byte %zu: found %d, mark %d", at, (int)result.found, result.mark);
    assert_non_null(result.damage);
    assert_ptr_equal(strstr(result.damage, damaged), result.damage);
    assert_ptr_equal(strstr(result.damage + strlen(damaged), " is damaged: "),
                     result.damage + strlen(damaged));
}

/* Whichever byte of the newest has a bit flipped, wherever it is cut, the older one is read, and
 * which one is damaged is said. */
static void damage_is_found(void **folder) {
    nt_training_state *state = new_state("adamw");
    nt_bytes good;
    save_ok(*folder, state, 12);
    save_ok(*folder, state, 21);
    const char *path = place(*folder, 1);
    EXPECT_OK(&b.error, nt_file_read(path, 1 << 20, &good, &b.error));
    for (size_t at = 0; at < good.size; at++) {
        unsigned char kept = good.bytes[at];
        good.bytes[at] ^= (unsigned char)(1 << at % 8);
        write_bytes(path, good.bytes, good.size);
        expect_other(*folder, 12, path, at);
        good.bytes[at] = kept;
    }
    for (size_t size = 0; size < good.size; size += 1 + size / 50) {
        write_bytes(path, good.bytes, size);
        expect_other(*folder, 12, path, size);
    }
    write_bytes(path, good.bytes, good.size);
    expect_newest(*folder, 21);
    nt_bytes_finish(&good);
    nt_training_state_free(state);
}

/* A damaged checkpoint is replaced first if that can be seen from its header; either way there is
 * a good one after every save. */
static void saving_goes_on_after_damage(void **folder) {
    nt_training_state *state = new_state("adamw");
    for (int part = 0; part < 2; part++) { /* header, tensors */
        nt_bytes good;
        nt_checkpoint_remove(*folder);
        save_ok(*folder, state, 12);
        save_ok(*folder, state, 21);
        const char *path = place(*folder, 1);
        EXPECT_OK(&b.error, nt_file_read(path, 1 << 20, &good, &b.error));
        good.bytes[part ? good.size - 3 : 20] ^= 4;
        write_bytes(path, good.bytes, good.size);
        nt_bytes_finish(&good);
        save_ok(*folder, state, 13);
        loaded result = load(*folder);
        EXPECT_OK(&b.error, result.status);
        assert_int_equal(result.mark, 13);
        save_ok(*folder, state, 22);
        expect_newest(*folder, 22);
        save_ok(*folder, state, 23);
        expect_newest(*folder, 23);
    }
    nt_training_state_free(state);
}

static void nothing_good_is_an_error(void **folder) {
    nt_training_state *state = new_state("adamw");
    save_ok(*folder, state, 12);
    save_ok(*folder, state, 21);
    for (int k = 0; k < 2; k++) {
        nt_bytes good;
        EXPECT_OK(&b.error, nt_file_read(place(*folder, k), 1 << 20, &good, &b.error));
        good.bytes[good.size - 1] ^= 1;
        write_bytes(place(*folder, k), good.bytes, good.size);
        nt_bytes_finish(&good);
    }
    loaded result = load(*folder);
    assert_non_null(
        strstr(shown(&b.error), "no other checkpoint is left; remove it to start anew"));
    EXPECT_ERROR(&b.error, result.status, NT_INVALID,
                 "is damaged: the checksum of its tensors is wrong");
    write_bytes(place(*folder, 0), "", 0);
    write_bytes(place(*folder, 1), "", 0);
    result = load(*folder);
    EXPECT_ERROR(&b.error, result.status, NT_INVALID, "is damaged: ");
    nt_training_state_free(state);
}

/* --- failure ---------------------------------------------------------------------------------- */

/* Whichever write, sync or rename fails, the last good one stays and no other file is left. */
static void failed_writes_harm_nothing(void **folder) {
    nt_training_state *state = new_state("adamw");
    save_ok(*folder, state, 12);
    save_ok(*folder, state, 21);
    int failures = 0;
    for (;; failures++) {
        nt_file_fail_at(failures + 1, ENOSPC);
        nt_status status = save(*folder, state, 30);
        nt_file_fail_at(0, 0);
        if (status == NT_OK)
            break;
        EXPECT_ERROR(&b.error, status, NT_IO,
                     "checkpoint-0.safetensors: error: cannot write: No space left on device");
        expect_newest(*folder, 21);
        assert_int_equal(count_files(*folder), 2);
    }
    assert_true(failures > 3);
    expect_newest(*folder, 30);
    nt_training_state_free(state);
}

/* Out of memory is not taken for damage. */
static void no_memory_is_no_damage(void **folder) {
    nt_training_state *state = new_state("adamw");
    save_ok(*folder, state, 12);
    save_ok(*folder, state, 21);
    for (int allowed = 0;; allowed++) {
        const nt_identity identity = run_of(7);
        nt_checkpoint from;
        nt_arena arena;
        nt_arena_init(&arena);
        allow_allocations(allowed);
        nt_status status =
            nt_checkpoint_load(*folder, state, &identity, &course, &arena, &from, &b.error);
        bool failed = allow_all_allocations();
        nt_arena_finish(&arena);
        if (!failed) {
            EXPECT_OK(&b.error, status);
            assert_int_equal(from.found, NT_FOUND_NEWEST);
            assert_true(allowed > 3);
            break;
        }
        assert_int_equal(status, NT_NO_MEMORY);
        nt_error_finish(&b.error);
        nt_error_init(&b.error);
    }
    nt_training_state_free(state);
}

/* --- right digests, impossible places --------------------------------------------------------- */

/* As checkpoint.c makes it. */
static void digest_entries(const nt_metadata *metadata, char hex[NT_DIGEST_HEX]) {
    nt_digest *digest = nt_digest_new();
    assert_non_null(digest);
    for (; metadata->key; metadata++)
        if (strcmp(metadata->key, "digest") != 0) {
            nt_digest_add(digest, metadata->key, strlen(metadata->key) + 1);
            nt_digest_add(digest, metadata->value, strlen(metadata->value) + 1);
        }
    nt_digest_end(digest, hex);
}

/* Writes the checkpoint anew with other values, and the digest that goes with them. */
static void say(const char *path, nt_training_state *state, const nt_metadata *changes) {
    const nt_metadata *metadata;
    nt_metadata changed[40];
    char hex[NT_DIGEST_HEX];
    int count = 0;
    EXPECT_OK(&b.error, nt_safetensors_metadata(path, &b.arena, &metadata, &b.error));
    for (; metadata->key; metadata++) {
        changed[count] = *metadata;
        for (const nt_metadata *c = changes; c->key; c++)
            if (strcmp(c->key, metadata->key) == 0)
                changed[count].value = c->value;
        count++;
    }
    changed[count] = (nt_metadata){NULL, NULL};
    digest_entries(changed, hex);
    for (int i = 0; i < count; i++)
        if (strcmp(changed[i].key, "digest") == 0)
            changed[i].value = hex;
    EXPECT_OK(&b.error, nt_safetensors_write(path, state->weights, changed, &b.error));
}

/* Where the run is and what it counted, each with values that no run writes: another checkpoint is
 * used, none is no beginning. Nothing is read or finished by it. */
static void impossible_cursors(void **folder) {
    static const nt_metadata table[] = {{"epoch", "-1"},
                                        {"epoch", "101"},
                                        {"epoch", "100"},
                                        {"epoch", "2147483648"},
                                        {"epoch", "99999999999999999999"},
                                        {"epoch", "0x2"},
                                        {"epoch", " 2"},
                                        {"epoch", "2 "},
                                        {"epoch", "+2"},
                                        {"epoch", "2.5"},
                                        {"epoch", ""},
                                        {"epoch", "nan"},
                                        {"step", "-1"},
                                        {"step", "11"},
                                        {"step", "2147483647"},
                                        {"step", "4294967297"},
                                        {"step", "1e0"},
                                        {"step", "0"},
                                        {"correct", "-1"},
                                        {"correct", "6000000001"},
                                        {"correct", "9223372036854775808"},
                                        {"correct", "many"},
                                        {"counted", "-1"},
                                        {"counted", "2999999999"},
                                        {"counted", "6000000001"},
                                        {"counted", "9223372036854775807"},
                                        {"counted", ""},
                                        {"loss_sum", "nan"},
                                        {"loss_sum", "inf"},
                                        {"loss_sum", "-inf"},
                                        {"loss_sum", ""},
                                        {"loss_sum", "0x1p+1x"},
                                        {"loss_sum", "1e999"},
                                        {"seconds", "-1"},
                                        {"seconds", "nan"},
                                        {"seconds", "inf"},
                                        {"seconds", "soon"}};
    nt_training_state *state = new_state("adamw");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const nt_metadata change[] = {table[i], {NULL, NULL}};
        nt_checkpoint_remove(*folder);
        save_ok(*folder, state, 12);
        save_ok(*folder, state, 21);
        say(place(*folder, 1), state, change);
        loaded result = load(*folder);
        EXPECT_OK(&b.error, result.status);
        if (result.found != NT_FOUND_OTHER || result.mark != 12)
            fail_msg("%s '%s' was taken", table[i].key, table[i].value);
        assert_non_null(strstr(result.damage, "checkpoint-1.safetensors is damaged: it"));
        save_ok(*folder, state, 13); /* goes to its place: the good one stays */
        expect_newest(*folder, 13);
        nt_checkpoint_remove(*folder);
        save_ok(*folder, state, 21);
        say(place(*folder, 0), state, change);
        EXPECT_ERROR(&b.error, load(*folder).status, NT_INVALID,
                     "checkpoint-0.safetensors: error: is damaged: it");
    }
    nt_training_state_free(state);
}

/* What a run can write at its ends is taken, so that the digest of the test is right. */
static void possible_cursors(void **folder) {
    static const nt_metadata ends[][5] = {
        {{"epoch", "100"}, {"step", "0"}, {"correct", "0"}, {"counted", "0"}, {NULL, NULL}},
        {{"epoch", "0"}, {"step", "0"}, {"correct", "0"}, {"counted", "0"}, {NULL, NULL}},
        {{"epoch", "99"}, {"step", "10"}, {"counted", "60000000000"}, {NULL, NULL}, {NULL, NULL}}};
    nt_training_state *state = new_state("adamw");
    for (int i = 0; i < 3; i++) {
        const nt_identity identity = run_of(7);
        nt_checkpoint from;
        nt_checkpoint_remove(*folder);
        save_ok(*folder, state, 21);
        say(place(*folder, 0), state, ends[i]);
        EXPECT_OK(&b.error, nt_checkpoint_load(*folder, state, &identity, &course, &b.arena, &from,
                                               &b.error));
        assert_int_equal(from.found, NT_FOUND_NEWEST);
        assert_int_equal(from.cursor.epoch, atoi(ends[i][0].value));
        assert_int_equal(from.cursor.step, atoi(ends[i][1].value));
    }
    nt_training_state_free(state);
}

static int set_up(void **state) {
    open_bench(&b, tiny_network, NULL);
    return make_folder(state);
}

static int tear_down(void **state) {
    close_bench(&b);
    return drop_folder(state);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(none_at_first),
        IN_FOLDER(older_is_overwritten),
        IN_FOLDER(other_runs_are_refused),
        IN_FOLDER(other_optimisers_are_other_runs),
        IN_FOLDER(earlier_checkpoints_are_refused),
        IN_FOLDER(damage_is_found),
        IN_FOLDER(saving_goes_on_after_damage),
        IN_FOLDER(nothing_good_is_an_error),
        IN_FOLDER(failed_writes_harm_nothing),
        IN_FOLDER(no_memory_is_no_damage),
        IN_FOLDER(impossible_cursors),
        IN_FOLDER(possible_cursors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
