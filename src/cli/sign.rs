//! `cookietrail sign`: a signed value for testing one's own server.

use super::{Outcome, args, keys, output};
use crate::session::sign::{Framework, Signing, companion, sign};
use crate::session::{Digest, secret};
use anyhow::Context;
use std::io::{Read, Write};

/// Longest content that is read from standard input: cookies stop at 4 KiB.
const MAX_CONTENT: u64 = 1 << 20;

/// The cookie's name where two are made and none was given.
const SESSION: &str = "session";

/// Runs the subcommand.
///
/// # Errors
/// No secret, content that is no JSON or does not fit the framework, or a closed output.
pub fn run(arguments: &args::Sign) -> anyhow::Result<Outcome> {
    let secret = match (&arguments.secret, &arguments.secret_file) {
        (_, Some(path)) => keys::from_file(path)?,
        (Some(text), None) => secret::given(text.as_bytes())?,
        (None, None) => {
            anyhow::bail!("give a secret: --secret, --secret-file or COOKIETRAIL_SECRET")
        }
    };
    let text = content(&arguments.content)?;
    let content = serde_json::from_str(&text).context("the content is no JSON")?;
    let digest = match &arguments.digest {
        Some(name) => Some(
            Digest::named(&name.to_ascii_lowercase().replace('-', "")).context("no such digest")?,
        ),
        None => None,
    };
    let now = match arguments.timestamp {
        Some(seconds) => u64::try_from(seconds).context("the time lies before 1970")?,
        None => now(),
    };
    let salt = arguments.salt.as_deref().map(str::as_bytes);
    let signing = Signing { secret: &secret, salt, digest, now };
    let framework = framework(arguments.format);
    let value = sign(framework, &content, &signing)?;
    let name = arguments.name.as_deref();
    let beside = companion(framework, name.unwrap_or(SESSION), &value, &signing);
    let mut out = output::stdout();
    match (name, beside) {
        (name, Some((second, signature))) => {
            writeln!(out, "{}={value}; {second}={signature}", name.unwrap_or(SESSION))?;
        }
        (Some(name), None) => writeln!(out, "{name}={value}")?,
        (None, None) => writeln!(out, "{value}")?,
    }
    out.flush()?;
    Ok(Outcome::Fine)
}

fn content(given: &str) -> anyhow::Result<String> {
    if given != "-" {
        return Ok(given.to_owned());
    }
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_CONTENT)
        .read_to_string(&mut text)
        .context("cannot read standard input")?;
    Ok(text)
}

#[expect(clippy::disallowed_methods, reason = "the time of signing is now unless it is given")]
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

const fn framework(format: args::SignFormat) -> Framework {
    match format {
        args::SignFormat::Flask => Framework::Flask,
        args::SignFormat::Django => Framework::Django,
        args::SignFormat::Starlette => Framework::Starlette,
        args::SignFormat::Express => Framework::Express,
        args::SignFormat::CookieSession => Framework::CookieSession,
        args::SignFormat::Jwt => Framework::Jwt,
    }
}
