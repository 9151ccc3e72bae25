//! ASP.NET Core Data Protection: authentication, session, antiforgery and temporary-data cookies.
//!
//! The content is encrypted with random keys that no guess reaches; the value names the key of the
//! server's key ring that made it.

use serde_json::json;

use crate::session::encoding::{base64, to_hex};
use crate::session::format::Format;
use crate::session::reading::{Confidence, Kind, Reading, SignatureState};
use crate::session::{Context, Cookie};

/// What every protected payload begins with.
const MAGIC: [u8; 4] = [0x09, 0xf0, 0xc9, 0xf0];

/// A protected payload in base64.
pub struct DataProtection;

impl Format for DataProtection {
    fn name(&self) -> &'static str {
        "aspnetcore-dataprotection"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        if !cookie.value.starts_with(b"CfDJ8") {
            return None;
        }
        let bytes = base64(cookie.value)?;
        let guid = bytes.strip_prefix(&MAGIC)?.get(..16)?;
        let csrf = cookie.name.starts_with(b".AspNetCore.Antiforgery");
        Some(Reading {
            payload: Some(json!({ "key_id": key_id(guid) })),
            signature: SignatureState::Unverified,
            ..Reading::new(
                self.name(),
                Confidence::Certain,
                if csrf { Kind::Csrf } else { Kind::Encrypted },
                "the magic number of Data Protection, and a key's id",
            )
        })
    }
}

/// A GUID as .NET prints it: the first three groups are stored little-endian.
fn key_id(guid: &[u8]) -> String {
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let digits = to_hex(&order.map(|place: usize| guid.get(place).copied().unwrap_or_default()));
    let groups = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    groups.join("-")
}
