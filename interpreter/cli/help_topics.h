/* What there is to know beside the commands: `nontrivial help language`. */
#ifndef NT_HELP_TOPICS_H
#define NT_HELP_TOPICS_H

typedef struct nt_help_topic {
    const char *name; /* NULL ends the table */
    const char *doc;  /* one line, no full stop */
    const char
        *text; /* paragraphs of whole lines; lines that begin with a blank stay as they are */
} nt_help_topic;

extern const nt_help_topic nt_help_topics[];

/* NULL: there is no such one. */
const nt_help_topic *nt_help_topic_find(const char *name);

#endif
