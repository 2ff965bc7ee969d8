//! The simulator over HTTP, on loopback only.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body as Stream, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use http_body::Frame;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::body::{Body, Cut};
use crate::sim::Sim;

/// The largest request that is read.
const REQUEST_LIMIT: usize = 16 * 1024 * 1024;

/// A simulator that listens on 127.0.0.1. It ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// A listener on a port of 127.0.0.1; port 0 takes any free one. Bind first, tell the simulator its storage
    /// address (see [`Server::storage`]), then [`Server::serve`].
    ///
    /// # Errors
    /// The port is taken.
    pub async fn bind(port: u16) -> io::Result<TcpListener> {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
    }

    /// The address of the storage of bulk results behind a listener: the same port under another host name, as the
    /// platform's storage is another host than the shop.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn storage(listener: &TcpListener) -> io::Result<String> {
        Ok(format!("http://localhost:{}", listener.local_addr()?.port()))
    }

    /// Serves a simulator on a listener until the server is dropped.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn serve(listener: TcpListener, sim: Arc<Sim>) -> io::Result<Server> {
        let address = listener.local_addr()?;
        let app = Router::new().fallback(move |request: Request| {
            let sim = Arc::clone(&sim);
            async move { Ok::<_, Infallible>(respond(sim, request).await) }
        });
        let task = tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Server { address, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that stands for `https://{shop}.myshopify.com`.
    pub fn shopify(&self, shop: &str) -> String {
        format!("http://{}/shopify/{shop}", self.address)
    }

    /// The address that stands for Amazon's hosts of a region's account: `na`, `eu` or `fe`.
    pub fn amazon(&self, account: &str) -> String {
        format!("http://{}/amazon/{account}", self.address)
    }

    /// Waits until it ends by itself, which it does only when listening fails.
    ///
    /// # Errors
    /// Why listening failed.
    pub async fn wait(mut self) -> io::Result<()> {
        let ended = (&mut self.task).await;
        ended.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn respond(sim: Arc<Sim>, request: Request) -> Response<Stream> {
    let (head, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, REQUEST_LIMIT).await else {
        return status(StatusCode::PAYLOAD_TOO_LARGE);
    };
    // Answering is work, not waiting: it must not hold up other connections.
    let answer = tokio::task::spawn_blocking(move || sim.answer(Request::from_parts(head, bytes))).await;
    answer.map_or_else(
        |_| status(StatusCode::INTERNAL_SERVER_ERROR),
        |answer| answer.map(|body| Stream::new(Sending { body, cut: None })),
    )
}

fn status(code: StatusCode) -> Response<Stream> {
    let mut response = Response::new(Stream::empty());
    *response.status_mut() = code;
    response
}

/// A body on its way through a socket; its cut ends the connection.
struct Sending {
    body: Body,
    cut: Option<Cut>,
}

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Some(cut) = self.cut.take() {
            return Poll::Ready(Some(Err(cut)));
        }
        match self.body.next() {
            // What was sent so far leaves the buffer first.
            Some(Err(Cut::InBody)) => {
                self.cut = Some(Cut::InBody);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            piece => Poll::Ready(piece.map(|piece| piece.map(Frame::data))),
        }
    }
}
