//! The short lesson behind each kind of step, for `--explain`.

use crate::trail::StepKind;

/// A few sentences for somebody who sees sessions for the first time.
pub const fn lesson(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Visit => {
            "Every HTTP request stands alone. The server does not remember the connection or the \
             address: all it knows of the visitor is what this request carries. Without a Cookie \
             header, the visitor is a stranger."
        }
        StepKind::LoginForm => {
            "The form is an ordinary page. Nothing is remembered yet; the form only tells the \
             browser where to send what will be typed."
        }
        StepKind::Login => {
            "The form is sent with POST. The server checks it and answers with a redirect (302 or \
             303) that carries a Set-Cookie header. The browser stores the cookie before it \
             follows the redirect, so the very next request already carries it. Redirecting after \
             a POST also keeps a reload from sending the form again."
        }
        StepKind::LoginLost => {
            "The server accepted the login and set a cookie, but the browser did not store it. A \
             browser tells nobody: the server sees a request without cookie and asks for a login \
             again."
        }
        StepKind::LoginFailed => {
            "The form was sent, but no session began: the server showed the form again, or an \
             error."
        }
        StepKind::Logout => {
            "A server cannot reach into a browser. To log out it sends the cookie once more, \
             empty and with a date in the past, and the browser throws its copy away. The next \
             request carries no cookie."
        }
        StepKind::Reload => {
            "The same page is asked for again. What comes back depends on the cookie that goes \
             along."
        }
        StepKind::Submit => {
            "A form is sent. If the answer is a redirect, the browser asks for the page it names \
             with a request of its own."
        }
        StepKind::Page | StepKind::Part => {
            "The browser adds every cookie whose domain and path fit, and that has not expired. \
             The page does not ask for it, and nobody has to click."
        }
    }
}
