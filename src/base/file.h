/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_FILE_H
#define SG_BASE_FILE_H

/* Files: read with a limit, replace without a moment of loss. */

#include <sys/types.h>

#include "base/bytes.h"
#include "base/secret.h"

/*
 * Replaces out by the file's contents.  SG_ENOENT when it is not there,
 * SG_ELIMIT above max bytes, SG_EIO otherwise; the note names the path.
 */
enum sg_err file_read(struct buf *out, const char *path, size_t max);

/* The same from an open descriptor until its end; what names it in notes. */
enum sg_err file_read_fd(struct buf *out, int fd, size_t max,
    const char *what);

/* One line from a descriptor into a secret that has room, without the line
 * end, byte by byte so that nothing stays in a buffer of ours.  SG_ENOENT when
 * there is nothing to read. */
enum sg_err file_read_secret_line(struct secret *out, int fd);

/*
 * Replaces the file as one step: a fresh file beside it is written, synced and
 * renamed over it, and the folder is synced.  After a crash at any instant the
 * path holds the old or the new contents, whole.  A device or a pipe is written
 * to and stays what it is.
 */
enum sg_err file_replace(const char *path, struct bytes x, mode_t mode);

/* The same, but SG_EEXIST when the path exists already. */
enum sg_err file_create(const char *path, struct bytes x, mode_t mode);

/*
 * The same for what is too large for memory: write to fd, which starts empty
 * and may be read and rewound, then commit.  What is not committed is gone
 * with draft_done().
 */
struct draft {
	int fd;
	char *path;
	char *tmp;	/* private */
};
enum draft_end { DRAFT_REPLACES, DRAFT_CREATES };
void draft_done(struct draft *d);
enum sg_err draft_open(struct draft *out, const char *path);
enum sg_err draft_commit(struct draft *d, mode_t mode, enum draft_end end);

/* Removes the file and syncs the folder; a missing file is fine. */
enum sg_err file_remove(const char *path);

/* Makes the folder and its missing parents; an existing one is fine. */
enum sg_err folder_make(const char *path, mode_t mode);

/* Closes it, if it is one, and forgets its number; auto_fd f = open(...); does
 * that at the end of the scope. */
void fd_close(int *fd);
#define auto_fd __attribute__((cleanup(fd_close))) int

/* Writes everything or fails. */
enum sg_err file_write_fd(int fd, struct bytes x, const char *what);

#endif
