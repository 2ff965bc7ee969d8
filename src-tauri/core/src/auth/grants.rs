//! The OAuth grants, by the `oauth2` library, over our own transport.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, EndpointNotSet,
    EndpointSet, RedirectUrl, RefreshToken, Scope, StandardRevocableToken, TokenResponse, TokenUrl,
};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::vault::Secret;
use crate::clock::Pending;
use crate::net::{NetError, Transport, TransportError, send_whole};

/// Most bytes of an answer of a token endpoint.
const ANSWER_LIMIT: usize = 1 << 20;

/// By which way a connection got its access.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// The app's own id and secret suffice; tokens are short and asked for anew.
    ClientCredentials,
    /// The user consented in the browser; the token lasts, or is refreshed.
    AuthorizationCode,
    /// The user pasted a token that lasts.
    Pasted,
}

/// What a connection needs to get tokens, kept in the vault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials {
    /// The way.
    pub route: Route,
    /// Id of the user's own app; empty for a pasted token.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Option<Secret>,
    /// When the secret was made, UTC second, where it ends by its age and that is known.
    pub secret_since: Option<i64>,
}

/// How a token endpoint wants its fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// As a form, as RFC 6749 says.
    Form,
    /// As a JSON object.
    Json,
}

/// What is special about a platform's grants.
#[derive(Clone)]
pub struct GrantSpec {
    /// Where tokens are given out.
    pub token: Url,
    /// How the endpoint wants the fields of an exchange or refresh. Client credentials are always a form.
    pub encoding: Encoding,
    /// Time before the end of a token at which a new one is got.
    pub margin: Duration,
    /// Puts a refusal of the endpoint (status, body) into words.
    pub explain: fn(u16, &[u8]) -> NetError,
}

impl fmt::Debug for GrantSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrantSpec")
            .field("token", &self.token.as_str())
            .field("encoding", &self.encoding)
            .finish_non_exhaustive()
    }
}

/// What a token endpoint gave.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The access token.
    pub access: Secret,
    /// How long it lasts; `None`: until it is revoked.
    pub expires_in: Option<Duration>,
    /// The token for the next refresh.
    pub refresh: Option<Secret>,
    /// How long that lasts.
    pub refresh_expires_in: Option<Duration>,
    /// Rights granted, where stated.
    pub scopes: Option<Vec<String>>,
}

/// A token endpoint's answer; some platforms leave the token's type out and separate the rights by commas.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answer {
    access_token: oauth2::AccessToken,
    #[serde(default = "bearer")]
    token_type: BasicTokenType,
    expires_in: Option<u64>,
    refresh_token: Option<RefreshToken>,
    refresh_token_expires_in: Option<u64>,
    scope: Option<String>,
}

fn bearer() -> BasicTokenType {
    BasicTokenType::Bearer
}

impl TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &oauth2::AccessToken {
        &self.access_token
    }
    fn token_type(&self) -> &BasicTokenType {
        &self.token_type
    }
    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }
    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }
    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

impl From<Answer> for Granted {
    fn from(answer: Answer) -> Self {
        let scopes = answer.scope.map(|text| {
            text.split([',', ' '])
                .map(str::trim)
                .filter(|scope| !scope.is_empty())
                .map(str::to_owned)
                .collect()
        });
        Granted {
            access: Secret::from(answer.access_token.secret().as_str()),
            expires_in: answer.expires_in.map(Duration::from_secs),
            refresh: answer.refresh_token.map(|token| Secret::from(token.secret().as_str())),
            refresh_expires_in: answer.refresh_token_expires_in.map(Duration::from_secs),
            scopes,
        }
    }
}

type App<HasAuth> = Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    HasAuth,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

fn app(spec: &GrantSpec, credentials: &Credentials) -> App<EndpointNotSet> {
    let app = Client::new(ClientId::new(credentials.client_id.clone()))
        .set_auth_type(AuthType::RequestBody)
        .set_token_uri(TokenUrl::from_url(spec.token.clone()));
    match &credentials.client_secret {
        Some(secret) => app.set_client_secret(ClientSecret::new(secret.expose().to_owned())),
        None => app,
    }
}

/// The address the browser is sent to. `scopes` is written as the platform wants it.
pub fn authorize_address(page: &Url, client_id: &str, scopes: &str, redirect: &RedirectUrl, state: &str) -> Url {
    let client: Client<
        BasicErrorResponse,
        Answer,
        BasicTokenIntrospectionResponse,
        StandardRevocableToken,
        BasicRevocationErrorResponse,
    > = Client::new(ClientId::new(client_id.to_owned()));
    let client = client
        .set_auth_uri(AuthUrl::from_url(page.clone()))
        .set_redirect_uri(redirect.clone());
    let state = CsrfToken::new(state.to_owned());
    client
        .authorize_url(|| state)
        .add_scope(Scope::new(scopes.to_owned()))
        .url()
        .0
}

/// A token for the app itself (client credentials).
///
/// # Errors
/// [`NetError`] from `spec.explain`, or of the way there.
pub async fn client_credentials(
    transport: &dyn Transport,
    spec: &GrantSpec,
    credentials: &Credentials,
) -> Result<Granted, NetError> {
    let line = Line::new(transport, Encoding::Form);
    let answer = app(spec, credentials)
        .exchange_client_credentials()
        .request_async(&line)
        .await;
    line.judge(spec, answer)
}

/// Trades the code that came back through the browser for tokens. `extra` are the platform's own fields.
///
/// # Errors
/// [`NetError`] from `spec.explain`, or of the way there. A code can be used once: never call this again with the same one.
pub async fn exchange_code(
    transport: &dyn Transport,
    spec: &GrantSpec,
    credentials: &Credentials,
    code: &Secret,
    redirect: &RedirectUrl,
    extra: &[(&str, &str)],
) -> Result<Granted, NetError> {
    let line = Line::new(transport, spec.encoding);
    let app = app(spec, credentials).set_redirect_uri(redirect.clone());
    let mut request = app.exchange_code(AuthorizationCode::new(code.expose().to_owned()));
    for (name, value) in extra {
        request = request.add_extra_param(*name, *value);
    }
    let answer = request.request_async(&line).await;
    line.judge(spec, answer)
}

/// Trades a refresh token for new tokens.
///
/// # Errors
/// [`NetError`] from `spec.explain`, or of the way there.
pub(super) async fn refresh(
    transport: &dyn Transport,
    spec: &GrantSpec,
    credentials: &Credentials,
    token: &Secret,
) -> Result<Granted, NetError> {
    let line = Line::new(transport, spec.encoding);
    let app = app(spec, credentials);
    let token = RefreshToken::new(token.expose().to_owned());
    let answer = app.exchange_refresh_token(&token).request_async(&line).await;
    line.judge(spec, answer)
}

/// One exchange with a token endpoint: carries the library's request over our transport and keeps the raw answer for `explain`.
struct Line<'a> {
    transport: &'a dyn Transport,
    encoding: Encoding,
    last: Mutex<Option<Result<(u16, Bytes), TransportError>>>,
}

type Fault = oauth2::RequestTokenError<TransportError, BasicErrorResponse>;

impl<'a> Line<'a> {
    fn new(transport: &'a dyn Transport, encoding: Encoding) -> Self {
        Line {
            transport,
            encoding,
            last: Mutex::new(None),
        }
    }

    fn judge(&self, spec: &GrantSpec, answer: Result<Answer, Fault>) -> Result<Granted, NetError> {
        match (answer, self.last.lock().unwrap_or_else(PoisonError::into_inner).take()) {
            (Ok(granted), _) => Ok(granted.into()),
            (Err(_), Some(Ok((status, body)))) => Err((spec.explain)(status, &body)),
            (Err(_), Some(Err(error))) => Err(error.lasting()),
            (Err(_), None) => Err(NetError::defect("The request for a token could not be written.")),
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Line<'_> {
    type Error = TransportError;
    type Future = Pending<'c, Result<oauth2::HttpResponse, TransportError>>;

    fn call(&'c self, request: oauth2::HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = match self.encoding {
                Encoding::Form => request.map(Bytes::from),
                Encoding::Json => as_json(request),
            };
            let answer = send_whole(self.transport, request, ANSWER_LIMIT).await;
            let kept = answer
                .as_ref()
                .map(|a| (a.status().as_u16(), a.body().clone()))
                .map_err(Clone::clone);
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
            answer.map(|answer| answer.map(|body| body.to_vec()))
        })
    }
}

/// The same fields as a JSON object.
fn as_json(request: oauth2::HttpRequest) -> http::Request<Bytes> {
    let (mut head, form) = request.into_parts();
    let fields: serde_json::Map<String, serde_json::Value> = form_urlencoded::parse(&form)
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect();
    head.headers.insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    http::Request::from_parts(head, Bytes::from(serde_json::Value::Object(fields).to_string()))
}
