//! The browser's way back: a listener on 127.0.0.1 that hears one answer and closes (RFC 8252).

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::form_urlencoded;

use super::{Code, NetError};
use crate::clock::Clock;

/// Most bytes of a request's head that are read.
const HEAD_LIMIT: usize = 16 << 10;
/// How long a connected browser may take to say what it wants.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);

/// A listener that waits for one answer on one path.
#[derive(Debug)]
pub struct Callback {
    listener: TcpListener,
    port: u16,
    path: String,
}

/// What an answer is worth.
pub enum Judged<T> {
    /// The awaited one: the listener closes.
    Done(T),
    /// Not the awaited one (wrong state, wrong signature): the text is shown in the browser and the listener waits on.
    Refused(String),
}

struct Asked {
    stream: TcpStream,
    head: Vec<u8>,
}

impl Callback {
    /// Listens on the first free port of `ports`, which the user has entered in the platform's settings, or any free port if
    /// the list holds 0. `path` is compared exactly.
    ///
    /// # Errors
    /// `Busy` if every port is taken.
    pub async fn open(ports: &[u16], path: &str) -> Result<Self, NetError> {
        for port in ports {
            if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).await
                && let Ok(address) = listener.local_addr()
            {
                return Ok(Callback {
                    listener,
                    port: address.port(),
                    path: path.to_owned(),
                });
            }
        }
        let list: Vec<String> = ports.iter().map(u16::to_string).collect();
        Err(NetError::connection(
            Code::Busy,
            format!("The ports {} of this machine are all in use.", list.join(", ")),
            "Close the program that uses them, or another window that is connecting a shop, and try again.",
        ))
    }

    /// The address the browser must come back to.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}{}", self.port, self.path)
    }

    /// Waits for the answer that `judge` accepts; `judge` is given the decoded query. The listener is closed afterwards, so
    /// that a second or late answer finds nobody.
    ///
    /// # Errors
    /// `Cancelled` after `within`.
    pub async fn wait<T>(
        self,
        clock: Arc<dyn Clock>,
        within: Duration,
        mut judge: impl FnMut(&[(String, String)]) -> Judged<T>,
    ) -> Result<T, NetError> {
        let (sender, mut heads) = mpsc::channel::<Asked>(4);
        let mut readers = JoinSet::new();
        let end = clock.sleep(within);
        tokio::pin!(end);
        loop {
            tokio::select! {
                () = &mut end => {
                    return Err(NetError::connection(
                        Code::Cancelled,
                        format!("No answer came from the browser within {} minutes.", within.as_secs() / 60),
                        "Start connecting again and finish it in the browser.",
                    ));
                }
                Ok((stream, _)) = self.listener.accept() => {
                    let (sender, clock) = (sender.clone(), Arc::clone(&clock));
                    readers.spawn(async move {
                        tokio::select! {
                            head = read_head(stream) => if let Some(asked) = head {
                                // Nobody listens any more once the answer was found.
                                let _ = sender.send(asked).await;
                            },
                            () = clock.sleep(HEAD_PATIENCE) => {}
                        }
                    });
                }
                Some(Asked { mut stream, head }) = heads.recv() => {
                    let (status, text, found) = match self.query(&head) {
                        Ok(query) => match judge(&query) {
                            Judged::Done(found) => ("200 OK", "Countinghouse has the answer. You can close this page.".to_owned(), Some(found)),
                            Judged::Refused(why) => ("400 Bad Request", why, None),
                        },
                        Err(status) => (status, "There is nothing here.".to_owned(), None),
                    };
                    // The browser may be gone; what it said counts all the same.
                    let _ = stream.write_all(page(status, &text).as_bytes()).await;
                    let _ = stream.shutdown().await;
                    if let Some(found) = found {
                        return Ok(found);
                    }
                }
            }
        }
    }

    /// The decoded query of a request to our path, or the status that refuses it.
    fn query(&self, head: &[u8]) -> Result<Vec<(String, String)>, &'static str> {
        let text = std::str::from_utf8(head).map_err(|_| "400 Bad Request")?;
        let mut lines = text.split("\r\n");
        let mut parts = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some(version)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("400 Bad Request");
        };
        let mut hosts = lines
            .filter_map(|line| line.split_once(':'))
            .filter(|(name, _)| name.eq_ignore_ascii_case("host"));
        let ours = [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)];
        let host_is_ours = hosts
            .next()
            .is_some_and(|(_, host)| ours.iter().any(|our| host.trim().eq_ignore_ascii_case(our)));
        if !version.starts_with("HTTP/1.") || !host_is_ours || hosts.next().is_some() {
            return Err("400 Bad Request");
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if path != self.path {
            return Err("404 Not Found");
        }
        if method != "GET" {
            return Err("405 Method Not Allowed");
        }
        Ok(form_urlencoded::parse(query.as_bytes())
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect())
    }
}

/// Reads up to the blank line that ends a request's head.
async fn read_head(mut stream: TcpStream) -> Option<Asked> {
    let mut head = Vec::new();
    let mut buffer = [0; 2048];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await.ok()?;
        if read == 0 || head.len() + read > HEAD_LIMIT {
            return None;
        }
        head.extend_from_slice(&buffer[..read]);
    }
    Some(Asked { stream, head })
}

/// A page without script, link or picture.
fn page(status: &str, text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            '"' => shown.push_str("&quot;"),
            other => shown.push(other),
        }
    }
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Countinghouse</title>\
         <body style=\"font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem\">\
         <h1>Countinghouse</h1><p>{shown}</p></body></html>"
    );
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nCache-Control: no-store\r\n\
         Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SteppedClock;

    async fn ask(port: u16, request: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .expect("the listener is open");
        stream
            .write_all(request.replace("PORT", &port.to_string()).as_bytes())
            .await
            .expect("it takes the request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        answer
    }

    async fn opened() -> (u16, Callback) {
        let callback = Callback::open(&[0], "/auth/callback").await.expect("some port is free");
        (callback.port, callback)
    }

    fn right_state(query: &[(String, String)]) -> Judged<String> {
        match query.iter().find(|(key, _)| key == "state") {
            Some((_, state)) if state == "right" => {
                Judged::Done(query.iter().map(|(k, v)| format!("{k}={v};")).collect())
            }
            _ => Judged::Refused("This <answer> is not the one that was asked for.".into()),
        }
    }

    #[tokio::test]
    async fn only_the_awaited_answer_on_the_exact_path_ends_the_waiting() {
        let (port, callback) = opened().await;
        assert_eq!(
            callback.address(),
            format!("http://127.0.0.1:{port}/auth/callback"),
            "the address to register"
        );
        let clock: Arc<dyn Clock> = Arc::new(SteppedClock::standing(0));
        let waiting = tokio::spawn(callback.wait(clock, Duration::from_secs(600), right_state));
        let idle = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .expect("a browser connects ahead and says nothing");
        for (request, status, why) in [
            (
                "GET /auth/callback/?state=right HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
                "404",
                "a slash more is another path",
            ),
            (
                "GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
                "404",
                "browsers ask for this by themselves",
            ),
            (
                "POST /auth/callback?state=right HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
                "405",
                "only GET is an answer",
            ),
            (
                "GET /auth/callback?state=wrong HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
                "400",
                "a wrong state",
            ),
            (
                "GET /auth/callback HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n",
                "400",
                "no state",
            ),
            (
                "GET /auth/callback?state=right HTTP/1.1\r\nHost: evil.example\r\n\r\n",
                "400",
                "a name rebound to this machine",
            ),
            ("nonsense\r\n\r\n", "400", "no HTTP"),
        ] {
            let answer = ask(port, request).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{why}: {answer}");
            assert!(!answer.contains("<answer>"), "text of ours is shown as text: {answer}");
        }
        assert!(!waiting.is_finished(), "none of these is the answer");
        let answer = ask(
            port,
            "GET /auth/callback?state=right&code=a%20b HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n",
        )
        .await;
        assert!(answer.starts_with("HTTP/1.1 200"), "the answer is confirmed: {answer}");
        assert!(
            answer.contains("Content-Security-Policy: default-src 'none'"),
            "and the page can load nothing: {answer}"
        );
        let found = waiting.await.expect("no panic").expect("the awaited answer");
        assert_eq!(found, "state=right;code=a b;", "decoded");
        assert!(
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err(),
            "a replayed answer finds nobody"
        );
        drop(idle);
    }

    #[tokio::test]
    async fn a_late_answer_finds_nobody() {
        let (port, callback) = opened().await;
        let clock = Arc::new(SteppedClock::standing(0));
        let waiting = tokio::spawn(callback.wait(
            Arc::clone(&clock) as Arc<dyn Clock>,
            Duration::from_secs(600),
            right_state,
        ));
        let answer = ask(port, "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "it listens: {answer}");
        clock.advance(Duration::from_secs(600));
        let error = waiting.await.expect("no panic").expect_err("the time is over");
        assert_eq!(error.code, Code::Cancelled, "and it says so: {error}");
        assert!(
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err(),
            "the port is closed"
        );
    }

    #[tokio::test]
    async fn taken_ports_are_named() {
        let (port, _held) = opened().await;
        let error = Callback::open(&[port], "/").await.expect_err("the only port is taken");
        assert_eq!(error.code, Code::Busy, "{error}");
        assert!(
            error.message.contains(&port.to_string()),
            "the message names it: {error}"
        );
    }
}
