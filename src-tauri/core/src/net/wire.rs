//! The real network.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::{Body, Code, NetError, Pending, Transport, TransportError};

/// How long to wait for a connection.
const CONNECT: Duration = Duration::from_secs(15);
/// How long a connection may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// HTTP over TLS (rustls with ring) through the system's proxy; plain HTTP only to this machine, without a proxy.
#[derive(Debug)]
pub struct Wire {
    outer: reqwest::Client,
    loopback: reqwest::Client,
}

impl Wire {
    /// A transport with its own pool of connections.
    ///
    /// # Errors
    /// [`NetError`] if the system's certificates or the TLS library cannot be used.
    #[expect(clippy::disallowed_methods, reason = "the one place that builds HTTP clients")]
    pub fn new() -> Result<Self, NetError> {
        // A second call finds the provider installed; that is as good.
        let _ = rustls::crypto::CryptoProvider::install_default(rustls::crypto::ring::default_provider());
        let build = |loopback: bool| {
            let builder = reqwest::Client::builder()
                .user_agent(concat!("Countinghouse/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(CONNECT)
                .read_timeout(SILENCE)
                .gzip(true);
            let builder = if loopback {
                builder.no_proxy()
            } else {
                builder.https_only(true)
            };
            builder.build().map_err(|cause| {
                NetError::connection(
                    Code::Offline,
                    format!("Secure connections cannot be set up: {}.", innermost(&cause)),
                    "Check that the system's certificates are installed (package ca-certificates).",
                )
            })
        };
        Ok(Wire {
            outer: build(false)?,
            loopback: build(true)?,
        })
    }
}

/// Whether `host` can only be this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl Transport for Wire {
    fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Pending<'_, Result<http::Response<Box<dyn Body>>, TransportError>> {
        Box::pin(async move {
            let host: Arc<str> = request.uri().host().unwrap_or_default().into();
            let client = if is_loopback(&host) {
                &self.loopback
            } else {
                &self.outer
            };
            let request = reqwest::Request::try_from(request.map(reqwest::Body::from))
                .map_err(|cause| TransportError::Unsendable(innermost(&cause)))?;
            let answer = client.execute(request).await.map_err(|cause| told(&host, &cause))?;
            let mut head = http::Response::builder().status(answer.status());
            if let Some(headers) = head.headers_mut() {
                *headers = answer.headers().clone();
            }
            let body: Box<dyn Body> = Box::new(WireBody { host, answer });
            head.body(body)
                .map_err(|cause| TransportError::Unsendable(cause.to_string()))
        })
    }
}

struct WireBody {
    host: Arc<str>,
    answer: reqwest::Response,
}

impl Body for WireBody {
    fn chunk(&mut self) -> Pending<'_, Result<Option<Bytes>, TransportError>> {
        Box::pin(async move { self.answer.chunk().await.map_err(|cause| told(&self.host, &cause)) })
    }
}

/// The last cause of an error, without the address (which may carry a signature).
fn innermost(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

/// Puts the library's error into our own words.
fn told(host: &str, error: &reqwest::Error) -> TransportError {
    let host = host.to_owned();
    let cause = innermost(error);
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.is::<rustls::Error>() {
            return TransportError::Insecure { host, cause };
        }
        if let Some(io) = inner.downcast_ref::<std::io::Error>()
            && io.get_ref().is_some_and(|inner| inner.is::<rustls::Error>())
        {
            return TransportError::Insecure { host, cause };
        }
        source = inner.source();
    }
    if error.is_timeout() {
        TransportError::Timeout { host }
    } else if error.is_connect() {
        TransportError::Unreachable { host, cause }
    } else if error.is_builder() {
        TransportError::Unsendable(cause)
    } else if broken_packing(error) {
        TransportError::Packing { host }
    } else {
        TransportError::Cut { host, cause }
    }
}

/// Whether the decompressor gave up: its I/O error stands directly below the library's own, without one of the connection between.
fn broken_packing(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.is::<std::io::Error>() {
            return true;
        }
        if !inner.is::<reqwest::Error>() {
            return false;
        }
        source = inner.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::net::send_whole;

    /// Serves the answers in turn, one a connection, and returns the heads of the requests.
    async fn served(answers: Vec<Vec<u8>>) -> (u16, tokio::task::JoinHandle<Vec<String>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let serving = tokio::spawn(async move {
            let mut heads = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.expect("a request"));
                }
                heads.push(String::from_utf8(head).expect("text"));
                stream.write_all(&answer).await.expect("it takes the answer");
            }
            heads
        });
        (port, serving)
    }

    fn get(port: u16) -> http::Request<Bytes> {
        http::Request::get(format!("http://127.0.0.1:{port}/x?secret=1"))
            .body(Bytes::new())
            .expect("a request")
    }

    fn gzipped(text: &str) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(text.as_bytes()).expect("memory");
        packer.finish().expect("memory")
    }

    fn with_head(head: &str, body: &[u8]) -> Vec<u8> {
        let mut answer = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").into_bytes();
        answer.extend_from_slice(body);
        answer
    }

    #[tokio::test]
    async fn answers_come_unpacked_and_redirects_stay_answers() {
        let packed = gzipped("{\"data\":1}");
        let length = packed.len();
        let (port, serving) = served(vec![
            with_head(
                &format!("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}"),
                &packed,
            ),
            with_head(
                "301 Moved\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0",
                b"",
            ),
        ])
        .await;
        let wire = Wire::new().expect("a transport");
        let answer = send_whole(&wire, get(port), 1_000).await.expect("an answer");
        assert_eq!(answer.body().as_ref(), b"{\"data\":1}", "unpacked");
        let answer = send_whole(&wire, get(port), 1_000).await.expect("an answer");
        assert_eq!(answer.status(), 301, "nobody follows it");
        let heads = serving.await.expect("served");
        assert!(
            heads[0].to_lowercase().contains("accept-encoding: gzip"),
            "packing is asked for: {}",
            heads[0]
        );
    }

    #[tokio::test]
    async fn broken_answers_are_errors_never_short_texts() {
        let mut packed = gzipped(&"an answer that is long enough to be cut somewhere ".repeat(50));
        packed.truncate(packed.len() / 2);
        let length = packed.len();
        let (port, _serving) = served(vec![
            with_head("200 OK\r\nContent-Length: 100", b"only this"),
            with_head(
                &format!("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}"),
                &packed,
            ),
            with_head("200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9", b"not gzip!"),
            with_head("200 OK\r\nTransfer-Encoding: chunked", b"5\r\nabcde\r\n"),
            with_head("200 OK\r\nContent-Length: 11", b"eleven byte"),
            Vec::new(),
        ])
        .await;
        let wire = Wire::new().expect("a transport");
        let mut errors = Vec::new();
        for _ in 0..6 {
            let error = send_whole(&wire, get(port), 10).await.expect_err("no answer");
            assert!(
                !error.to_string().contains("secret"),
                "the address stays out of messages: {error}"
            );
            errors.push(error);
        }
        assert!(
            matches!(errors[0], TransportError::Cut { .. }),
            "fewer bytes than stated: {}",
            errors[0]
        );
        assert!(
            matches!(errors[1], TransportError::Packing { .. }),
            "a cut gzip: {:?}",
            errors[1]
        );
        assert!(
            matches!(errors[2], TransportError::Packing { .. }),
            "no gzip at all: {}",
            errors[2]
        );
        assert!(
            matches!(errors[3], TransportError::Cut { .. }),
            "the last chunk is missing: {}",
            errors[3]
        );
        assert!(
            matches!(errors[4], TransportError::TooLarge { limit: 10, .. }),
            "one byte too many: {}",
            errors[4]
        );
        assert!(
            matches!(errors[5], TransportError::Cut { .. }),
            "closed without a word: {}",
            errors[5]
        );
    }

    #[tokio::test]
    async fn a_closed_port_is_unreachable() {
        let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = free.local_addr().expect("its address").port();
        drop(free);
        let error = send_whole(&Wire::new().expect("a transport"), get(port), 10)
            .await
            .expect_err("nobody listens");
        assert!(matches!(error, TransportError::Unreachable { .. }), "{error}");
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for host in ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "127.8.0.1"] {
            assert!(is_loopback(host), "{host} is this machine");
        }
        for host in [
            "127.0.0.1.example.com",
            "localhost.example.com",
            "10.0.0.1",
            "shop.myshopify.com",
            "",
        ] {
            assert!(!is_loopback(host), "{host} is not");
        }
    }
}
