/* SPDX-License-Identifier: BSD-2-Clause */
#include "enroll/enrollment_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define SUFFIX		".enrollment"
#define FILE_MODE	0600
#define FOLDER_MODE	0700
#define NAME_DIGEST_LEN	16	/* bytes of a name's SHA-256 in its file's */

void
enrollment_store_done(struct enrollment_store *s)
{
	if (s->folder != NULL)
		fd_close(&s->lock);
	free(s->folder);
	*s = (struct enrollment_store) { .lock = -1 };
}

static enum sg_err
usual_folder(char **out)
{
	const char *xdg = secure_getenv("XDG_STATE_HOME");
	const char *home = secure_getenv("HOME");

	if (xdg != NULL && *xdg == '/')
		return str_printf(out, "%s/signet/enroll", xdg);
	if (home != NULL && *home == '/')
		return str_printf(out, "%s/.local/state/signet/enroll", home);
	return sg_fail(SG_ENOENT, "neither XDG_STATE_HOME nor HOME says where"
	    " to keep what an enrollment needs");
}

enum sg_err
enrollment_store_open(struct enrollment_store *out, const char *folder)
{
	auto_done(enrollment_store) s = { .lock = -1 };

	SG_TRY(folder != NULL ? str_dup(&s.folder, folder)
			      : usual_folder(&s.folder));
	SG_TRY(folder_make(s.folder, FOLDER_MODE));
	*out = s;
	s = (struct enrollment_store) { .lock = -1 };
	return SG_OK;
}

enum sg_err
enrollment_store_lock(struct enrollment_store *s)
{
	auto_str path = NULL;

	SG_TRY(str_printf(&path, "%s/lock", s->folder));
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (s->lock < 0)
		return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return SG_OK;
	if (errno == EWOULDBLOCK)
		return sg_fail(SG_EBUSY, "another 'signet enroll' is at work;"
		    " try again when it has ended");
	return sg_fail(SG_EIO, "%s: %s", path, strerror(errno));
}

/* A name may hold what no file's name holds. */
static enum sg_err
path_of(char **out, const struct enrollment_store *s, const char *name)
{
	uint8_t digest[SHA256_LEN];
	auto_str hex = NULL;

	SG_TRY(sha256(bytes_str(name), digest));
	SG_TRY(hex_encode(&hex, bytes_of(digest, NAME_DIGEST_LEN)));
	return str_printf(out, "%s/%s" SUFFIX, s->folder, hex);
}

enum sg_err
enrollment_save(const struct enrollment_store *s, const struct enrollment *e)
{
	auto_done(buf) text = { 0 };
	auto_str path = NULL;

	SG_TRY(path_of(&path, s, e->profile.name));
	SG_TRY(enrollment_write(&text, e));
	return file_replace(path, buf_bytes(&text), FILE_MODE);
}

static enum sg_err
load(struct enrollment *out, const char *path)
{
	auto_done(buf) text = { 0 };

	SG_TRY(file_read(&text, path, ENROLLMENT_MAX));
	return sg_while(enrollment_read(out, buf_bytes(&text)), "%s", path);
}

enum sg_err
enrollment_load(struct enrollment *out, const struct enrollment_store *s,
    const char *name)
{
	auto_str path = NULL;
	enum sg_err e;

	SG_TRY(path_of(&path, s, name));
	if ((e = load(out, path)) == SG_ENOENT)
		return sg_fail(e, "there is no enrollment '%s' ('signet enroll"
		    " list' shows them)", name);
	return e;
}

enum sg_err
enrollment_remove(const struct enrollment_store *s, const char *name)
{
	auto_str path = NULL;

	SG_TRY(path_of(&path, s, name));
	return file_remove(path);
}

void
enrollments_done(struct enrollments *l)
{
	for (size_t i = 0; i < l->n; i++)
		enrollment_done(&l->v[i]);
	free(l->v);
	texts_done(&l->broken);
	*l = (struct enrollments) { 0 };
}

static enum sg_err
add(struct enrollments *l, const struct enrollment_store *s, const char *file)
{
	auto_str path = NULL;
	struct enrollment *grown;
	enum sg_err e;

	if (l->n == ENROLLMENT_COUNT_MAX)
		return sg_fail(SG_ELIMIT, "%s holds more than %d enrollments",
		    s->folder, ENROLLMENT_COUNT_MAX);
	grown = reallocarray(l->v, l->n + 1, sizeof(*grown));
	if (grown == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	l->v = grown;
	SG_TRY(str_printf(&path, "%s/%s", s->folder, file));
	if ((e = load(&grown[l->n], path)) != SG_OK)
		return texts_add(&l->broken, sg_note(e));
	l->n++;
	return SG_OK;
}

static bool
is_record(const char *file)
{
	size_t n = strlen(file);

	return n > strlen(SUFFIX) &&
	    strcmp(file + n - strlen(SUFFIX), SUFFIX) == 0 && *file != '.';
}

static int
by_name(const void *a, const void *b)
{
	const struct enrollment *x = a, *y = b;

	return strcmp(x->profile.name, y->profile.name);
}

enum sg_err
enrollments_load(struct enrollments *out, const struct enrollment_store *s)
{
	auto_done(enrollments) l = { 0 };
	DIR *d = opendir(s->folder);
	struct dirent *entry;
	enum sg_err e = SG_OK;

	if (d == NULL)
		return sg_fail(SG_EIO, "%s: %s", s->folder, strerror(errno));
	while (e == SG_OK && (entry = readdir(d)) != NULL)
		if (is_record(entry->d_name))
			e = add(&l, s, entry->d_name);
	(void)closedir(d);
	SG_TRY(e);
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), by_name);
	*out = l;
	l = (struct enrollments) { 0 };
	return SG_OK;
}
