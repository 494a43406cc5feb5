/* SPDX-License-Identifier: BSD-2-Clause */

/* What a service manager runs: the signer by itself, and the word to it. */

#include <pwd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/handed.h"
#include "ca/serve_config.h"
#include "ipc/server.h"
#include "serve.h"
#include "serve_desk.h"
#include "verb.h"

static enum sg_err
listener_get(int *out, const struct options *o)
{
	auto_done(handed) h = { 0 };

	SG_TRY(handed_take(&h));
	if ((*out = handed_find(&h, "desk")) >= 0)
		return SG_OK;
	SG_TRY(option_needed(o->desk, "desk"));
	return server_listen(o->desk, out);
}

static enum sg_err
run(const struct options *o)
{
	const char *web = o->web_user != NULL ? o->web_user : SERVE_WEB_USER;
	const struct passwd *p = getpwnam(web);
	struct desk_config c = { o, -1, 0, -1 };
	auto_fd lock = -1;

	if (p == NULL)
		return sg_fail(SG_EARG, "there is no user '%s'", web);
	c.web = p->pw_uid;
	SG_TRY(serve_lock(&lock, o->dir));
	SG_TRY(listener_get(&c.listener, o));
	SG_TRY(desk_serve(&c));
	/* What others do at the end is not for a sandbox. */
	_exit(0);
}

static const enum opt options[] = { OPT_DIR, OPT_DESK, OPT_WEB_USER,
	OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_serve_signer = {
	.name = "serve-signer",
	.summary = "the part of serve that has the keys",
	.usage = "serve-signer --dir DIR [--desk PATH] [--web-user NAME]\n"
	    "                        [--passphrase-fd N]",
	.text = "Answers serve-web on a socket that systemd hands over"
	    " (\"desk\") or that it makes.\n\n"
	    "  --desk PATH          where it makes it\n"
	    "  --web-user NAME      who may ask (" SERVE_WEB_USER ")\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = options,
	.run = run,
	.own_rights = true,
};

static enum sg_err
reload(const struct options *o)
{
	auto_done(serve_config) c = { 0 };

	/* A mistake is told here rather than in a log. */
	SG_TRY(serve_config_read(&c, o->dir));
	return serve_publish(o->dir);
}

static const enum opt reload_options[] = { OPT_DIR, OPT_END };

const struct verb verb_reload = {
	.name = "reload",
	.summary = "has the server read serve.conf and make new lists",
	.usage = "reload --dir DIR",
	.text = "Waits until the lists are there.  What [http] and [signer]"
	    " say counts from the\nnext start on.\n",
	.options = reload_options,
	.run = reload,
};
