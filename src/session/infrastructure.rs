//! Cookies of load balancers, bot defence, analytics and consent banners, told by their names.
//! They are never an application's session.

use crate::session::encoding::{decimal, is_hex};
use crate::session::format::Format;
use crate::session::reading::{Confidence, Kind, Reading};
use crate::session::{Context, Cookie};
use crate::time::Timestamp;

/// Names, and what sets them. A name that ends in `*` stands for all that begin so.
const NAMES: &[(&str, &str)] = &[
    ("AWSALB*", "an AWS application load balancer"),
    ("AWSELB*", "an AWS classic load balancer"),
    ("__cf_bm", "Cloudflare's bot management"),
    ("cf_clearance", "Cloudflare's challenge"),
    ("__cfduid", "Cloudflare"),
    ("_cfuvid", "Cloudflare's rate limiting"),
    ("incap_ses_*", "Imperva"),
    ("visid_incap_*", "Imperva"),
    ("nlbi_*", "Imperva"),
    ("ak_bmsc", "Akamai's bot management"),
    ("bm_sz", "Akamai's bot management"),
    ("bm_sv", "Akamai's bot management"),
    ("_abck", "Akamai's bot management"),
    ("datadome", "DataDome's bot defence"),
    ("_px*", "HUMAN's bot defence"),
    ("reese84", "Imperva's bot defence"),
    ("KP_UIDz*", "Kasada's bot defence"),
    ("ARRAffinity*", "Azure's request routing"),
    ("SERVERID*", "HAProxy"),
    ("SRVNAME", "HAProxy"),
    ("ROUTEID", "Apache's balancer"),
    ("NSC_*", "Citrix's load balancer"),
    ("_ga*", "Google Analytics"),
    ("_gid", "Google Analytics"),
    ("_gat*", "Google Analytics"),
    ("_gcl_*", "Google Ads"),
    ("_fbp", "Meta's pixel"),
    ("_fbc", "Meta's pixel"),
    ("_hj*", "Hotjar"),
    ("_uetsid*", "Microsoft Advertising"),
    ("_uetvid*", "Microsoft Advertising"),
    ("_clck", "Microsoft Clarity"),
    ("_clsk", "Microsoft Clarity"),
    ("mp_*", "Mixpanel"),
    ("amplitude_*", "Amplitude"),
    ("ajs_*", "Segment"),
    ("_pk_*", "Matomo"),
    ("__utm*", "Google Analytics of old"),
    ("__gads", "Google Ads"),
    ("__gpi", "Google Ads"),
    ("AMCV*", "Adobe's visitor id"),
    ("s_vi*", "Adobe Analytics"),
    ("s_fid", "Adobe Analytics"),
    ("s_cc", "Adobe Analytics"),
    ("s_sq", "Adobe Analytics"),
    ("s_pers", "Adobe Analytics"),
    ("s_sess", "Adobe Analytics"),
    ("__qca", "Quantcast"),
    ("_chartbeat*", "Chartbeat"),
    ("_cb_ls", "Chartbeat"),
    ("MUID", "Microsoft Advertising"),
    ("MUIDB", "Microsoft Advertising"),
    ("OptanonConsent", "a consent banner"),
    ("OptanonAlertBoxClosed", "a consent banner"),
    ("CookieConsent", "a consent banner"),
    ("euconsent-v2", "a consent banner"),
];

/// Any of the cookies in the list.
pub struct Infrastructure;

impl Format for Infrastructure {
    fn name(&self) -> &'static str {
        "infrastructure"
    }

    fn recognise(&self, cookie: &Cookie<'_>, _: &Context) -> Option<Reading> {
        let known = NAMES.iter().find(|(name, _)| fits(name, cookie.name));
        let owner = match known {
            Some((_, owner)) => owner,
            None if is_asm(cookie.name) => "F5's application firewall",
            None => return None,
        };
        Some(Reading {
            signed_at: first_seen(cookie),
            // Such a name decides, whatever the value looks like.
            ..Reading::new(self.name(), Confidence::Certain, Kind::Infrastructure, owner)
        })
    }
}

/// F5's application firewall calls its cookies `TS` and a number of six or eight hexadecimal digits.
fn is_asm(name: &[u8]) -> bool {
    name.strip_prefix(b"TS").is_some_and(|number| is_hex(number, 6) || is_hex(number, 8))
}

fn fits(pattern: &str, name: &[u8]) -> bool {
    if pattern.as_bytes().first() != name.first() {
        return false;
    }
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start.as_bytes()),
        None => name == pattern.as_bytes(),
    }
}

/// The time of the first visit, which Google Analytics and Meta write into their cookies.
fn first_seen(cookie: &Cookie<'_>) -> Option<Timestamp> {
    let field = |number| cookie.value.split(|byte| *byte == b'.').nth(number).and_then(decimal);
    match cookie.name {
        b"_ga" | b"_gid" => Some(Timestamp::from_seconds(field(3)?)),
        b"_fbp" | b"_fbc" => Some(Timestamp::from_nanos(field(2)?.checked_mul(1_000_000)?, 3)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_visit_is_read_from_analytics_cookies() {
        let seen = |name: &str, value: &str| {
            first_seen(&Cookie::new(name.as_bytes(), value.as_bytes())).map(Timestamp::seconds)
        };
        assert_eq!(seen("_ga", "GA1.2.502793383.1707711426"), Some(1_707_711_426));
        assert_eq!(seen("_fbp", "fb.1.1707711426000.774080724"), Some(1_707_711_426));
        assert_eq!(seen("_ga", "garbage"), None);
        assert_eq!(seen("_hjid", "1.2.3.4"), None);
    }

    #[test]
    fn the_firewall_numbers_its_cookies() {
        assert!(is_asm(b"TS0137a604") && is_asm(b"TS1e3448"));
        assert!(!is_asm(b"TSESSION") && !is_asm(b"TS") && !is_asm(b"TS01"));
    }

    #[test]
    fn a_star_stands_for_the_rest_of_a_name() {
        assert!(fits("_ga*", b"_ga_ABC123"));
        assert!(!fits("_gid", b"_gid2"));
    }
}
