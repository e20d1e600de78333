/* One socket is the process's standard input and output: writing to it, unlike to a pipe, can fail
 * without a signal. The process ends when the socket does. */
#include "torch_peer.h"

#include "alloc.h"
#include "diagnostic.h"
#include "json_out.h"
#include "parallel.h"
#include "script.h"
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct nt_torch_peer {
    nt_arena arena;
    pid_t process; /* 0: there is none any more */
    FILE *answers; /* of the socket */
    nt_torch_told told;
};

static nt_status no_memory(nt_error *error) {
    return nt_error_say(error, NT_NO_MEMORY, "out of memory");
}

/* --- the process ------------------------------------------------------------------------------ */

/* Returns an errno. */
static int spawn(const char *script, int socket, pid_t *ret) {
    char *words[] = {"python3", (char *)(uintptr_t)script, NULL};
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
    if (!failed)
        failed = posix_spawnp(ret, words[0], &actions, NULL, words, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static nt_status start(nt_torch_peer *peer, const char *script, nt_error *error) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return nt_error_say(error, NT_FAILED, "cannot make a socket: %s", strerror(errno));
    int failed = spawn(script, ends[1], &peer->process);
    close(ends[1]);
    if (failed) {
        peer->process = 0;
        close(ends[0]);
        nt_error_say(error, NT_USAGE, "--peer torch: cannot run python3: %s", strerror(failed));
        nt_error_hint(error, "install it (Debian: python3, and python3-torch)");
        return NT_USAGE;
    }
    peer->answers = fdopen(ends[0], "r");
    if (!peer->answers)
        close(ends[0]);
    return peer->answers ? NT_OK : no_memory(error);
}

/* Closes the socket, which has the process end if it hasn't, and waits for that. */
static int finish(nt_torch_peer *peer) {
    int how = 0;
    if (peer->answers)
        fclose(peer->answers);
    peer->answers = NULL;
    while (peer->process && waitpid(peer->process, &how, 0) < 0 && errno == EINTR)
        ;
    peer->process = 0;
    return how;
}

/* --- asking ----------------------------------------------------------------------------------- */

static nt_status ended(nt_torch_peer *peer, nt_error *error) {
    int how = finish(peer);
    if (WIFSIGNALED(how))
        return nt_error_say(error, NT_FAILED, "--peer torch: PyTorch was ended by signal %d (%s)",
                            WTERMSIG(how), strsignal(WTERMSIG(how)));
    return nt_error_say(error, NT_FAILED,
                        "--peer torch: PyTorch ended with status %d; what it said stands above",
                        WEXITSTATUS(how));
}

static bool send_all(const nt_torch_peer *peer, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t sent = send(fileno(peer->answers), bytes, length, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return false;
        if (sent > 0) {
            bytes += sent;
            length -= (size_t)sent;
        }
    }
    return true;
}

/* Sends a line, its end included, and reads one. */
static nt_status ask(nt_torch_peer *peer, const char *line, json_t **ret, nt_error *error) {
    char *answer = NULL;
    size_t size = 0;
    json_t *value = NULL;
    if (send_all(peer, line, strlen(line)) && getline(&answer, &size, peer->answers) > 0)
        value = json_loads(answer, 0, NULL);
    free(answer);
    if (!json_is_object(value)) {
        json_decref(value);
        return ended(peer, error);
    }
    *ret = value;
    return NT_OK;
}

/* --- the network ------------------------------------------------------------------------------ */

static json_t *parameters_of(const nt_network *network) {
    json_t *all = json_object();
    for (size_t i = 0; i < network->state_count; i++)
        if (network->states[i].role == NT_WEIGHT)
            json_object_set_new(all, network->states[i].name,
                                nt_json_shape(network->states[i].type.shape));
    return all;
}

static json_t *layers_of(const nt_network *network) {
    json_t *all = json_object();
    for (size_t i = 0; i < network->layer_count; i++) {
        const nt_layer *layer = &network->layers[i];
        json_object_set_new(all, layer->name,
                            nt_json_shape(nt_graph_type(network->graph, layer->value)->shape));
    }
    return all;
}

static nt_status request_of(const nt_torch_job *job, char **ret) {
    const nt_graph *graph = job->network->graph;
    const nt_type *input = nt_graph_type(graph, job->network->inputs[0].value);
    const nt_type *output = nt_graph_type(graph, nt_graph_output(graph, 0)->value);
    json_t *request = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:i, s:i, s:i, s:b, s:b}", "peer", job->peer, "args",
        job->args, "network", job->network->name, "input", nt_json_shape(input->shape), "output",
        nt_json_shape(output->shape), "parameters", parameters_of(job->network), "layers",
        layers_of(job->network), "batch", (int)job->batch, "threads", nt_threads(), "repeat",
        (int)job->repeat, "train", (int)job->train, "keep_memory", job->memory == NT_PEER_KEEPS);
    char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    *ret = text;
    return text ? NT_OK : NT_NO_MEMORY;
}

/* Takes `said`. */
static nt_status understand(nt_torch_peer *peer, json_t *said, nt_error *error) {
    const char *why = NULL, *remedy = NULL, *version = "", *network = "";
    json_int_t parameters = 0;
    nt_status status = NT_OK;
    json_unpack(said, "{s?:s, s?:s, s?:s, s?:s, s?:I}", "error", &why, "remedy", &remedy, "torch",
                &version, "network", &network, "parameters", &parameters);
    if (why)
        status = nt_error_say(error, NT_USAGE, "--peer torch: %s", why);
    if (remedy)
        nt_error_hint(error, "%s", remedy);
    peer->told = (nt_torch_told){nt_arena_string(&peer->arena, version),
                                 nt_arena_string(&peer->arena, network), parameters};
    json_decref(said);
    if (!peer->told.version || !peer->told.network)
        return no_memory(error);
    return status;
}

static nt_status introduce(nt_torch_peer *peer, const nt_torch_job *job, nt_error *error) {
    char *request;
    json_t *said;
    if (request_of(job, &request) != NT_OK)
        return no_memory(error);
    const char *line = nt_arena_printf(&peer->arena, "%s\n", request);
    free(request);
    if (!line)
        return no_memory(error);
    NT_TRY(ask(peer, line, &said, error));
    return understand(peer, said, error);
}

/* --- the peer --------------------------------------------------------------------------------- */

nt_status nt_torch_peer_start(const nt_torch_job *job, nt_torch_peer **ret, nt_error *error) {
    nt_torch_peer *peer = nt_alloc_zero(sizeof *peer);
    if (!peer)
        return no_memory(error);
    nt_arena_init(&peer->arena);
    const char *script = nt_script_find(&peer->arena, "bench_torch.py", "nontrivial-bench-torch");
    nt_status status =
        script ? start(peer, script, error)
               : nt_error_say(error, NT_FAILED,
                              "--peer torch: nontrivial-bench-torch is not beside the program");
    if (status == NT_OK)
        status = introduce(peer, job, error);
    if (status == NT_OK)
        *ret = peer;
    else
        nt_torch_peer_stop(peer);
    return status;
}

void nt_torch_peer_stop(nt_torch_peer *peer) {
    if (!peer)
        return;
    finish(peer);
    nt_arena_finish(&peer->arena);
    nt_free(peer, sizeof *peer);
}

nt_torch_told nt_torch_peer_told(const nt_torch_peer *peer) {
    return peer->told;
}

nt_status nt_torch_peer_run(nt_torch_peer *peer, nt_torch_round *ret, nt_error *error) {
    json_t *said;
    nt_torch_round round = {0};
    NT_TRY(ask(peer, "round\n", &said, error));
    round.eager = json_number_value(json_object_get(said, "eager"));
    round.frozen = json_number_value(json_object_get(said, "frozen"));
    json_decref(said);
    if (round.eager <= 0)
        return ended(peer, error);
    *ret = round;
    return NT_OK;
}
