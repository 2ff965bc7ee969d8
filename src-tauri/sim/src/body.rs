//! The body of an answer: whole, or made piece by piece while it is sent, and sometimes cut short.

use std::fmt;

use bytes::{Bytes, BytesMut};

/// The connection ended before the answer did.
///
/// [`crate::Sim::handle`] puts it among the answer's extensions; over a socket the connection really ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing of the answer arrived.
    BeforeAnswer,
    /// The head arrived, and a part of the body.
    InBody,
}

impl fmt::Display for Cut {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Cut::BeforeAnswer => "the connection ended before the answer",
            Cut::InBody => "the connection ended inside the body",
        })
    }
}

impl std::error::Error for Cut {}

enum Source {
    Whole(Option<Bytes>),
    Pieces(Box<dyn Iterator<Item = Bytes> + Send>),
}

/// An answer's body. Iterating it gives its pieces, and at last the cut if it has one.
pub struct Body {
    source: Source,
    left: Option<u64>,
    cut: Option<Cut>,
}

impl Body {
    /// A body that is all there.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
        Body {
            source: Source::Whole(Some(bytes.into())),
            left: None,
            cut: None,
        }
    }

    /// A body that is made while it is sent.
    pub(crate) fn pieces(pieces: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
        Body {
            source: Source::Pieces(Box::new(pieces)),
            left: None,
            cut: None,
        }
    }

    /// The same body, ending after so many bytes.
    pub(crate) fn cut_after(mut self, bytes: u64, cut: Cut) -> Body {
        self.left = Some(bytes);
        self.cut = Some(cut);
        self
    }

    /// The bytes of a body that is all there and was not yet read.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match &self.source {
            Source::Whole(bytes) => bytes.as_ref(),
            Source::Pieces(_) => None,
        }
    }

    /// All of it, and how it ended.
    pub fn collect(self) -> (Bytes, Option<Cut>) {
        if let (Some(bytes), None) = (self.bytes(), self.left) {
            return (bytes.clone(), None);
        }
        let mut all = BytesMut::new();
        for piece in self {
            match piece {
                Ok(bytes) => all.extend_from_slice(&bytes),
                Err(cut) => return (all.freeze(), Some(cut)),
            }
        }
        (all.freeze(), None)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Body")
            .field("left", &self.left)
            .field("cut", &self.cut)
            .finish_non_exhaustive()
    }
}

impl Iterator for Body {
    type Item = Result<Bytes, Cut>;

    fn next(&mut self) -> Option<Result<Bytes, Cut>> {
        if self.left == Some(0) {
            return self.cut.take().map(Err);
        }
        let piece = match &mut self.source {
            Source::Whole(bytes) => bytes.take(),
            Source::Pieces(pieces) => pieces.next(),
        };
        let Some(mut piece) = piece else {
            return self.cut.take().map(Err);
        };
        if let Some(left) = &mut self.left {
            let keep = usize::try_from(*left).unwrap_or(usize::MAX).min(piece.len());
            piece.truncate(keep);
            *left -= keep as u64;
        }
        Some(Ok(piece))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_body_gives_what_came_and_then_the_cut() {
        let pieces = || ["abc", "def", "ghi"].into_iter().map(Bytes::from);
        let (bytes, cut) = Body::pieces(pieces()).cut_after(5, Cut::InBody).collect();
        assert_eq!(
            (bytes.as_ref(), cut),
            (b"abcde".as_slice(), Some(Cut::InBody)),
            "five bytes arrive"
        );
        let (bytes, cut) = Body::whole("abc").cut_after(0, Cut::BeforeAnswer).collect();
        assert_eq!((bytes.len(), cut), (0, Some(Cut::BeforeAnswer)), "nothing arrives");
        let (bytes, cut) = Body::pieces(pieces()).collect();
        assert_eq!(
            (bytes.as_ref(), cut),
            (b"abcdefghi".as_slice(), None),
            "an uncut body is whole"
        );
    }
}
