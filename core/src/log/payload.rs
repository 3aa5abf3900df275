//! Content packed for sealing: codec, dictionary, lengths, compressed bytes, padding. The codec is inside the
//! seal, so whoever only carries a segment does not learn it.

use zstd::zstd_safe::{self, CParameter};

use crate::encoding;
use crate::limits;
use crate::log::slim::Slim;

/// How content is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codec {
    /// 0: not at all.
    Plain,
    /// 1: one zstd frame, with the dictionary of this number; 0 for none.
    Zstd {
        /// The dictionary's number.
        dictionary: u32,
    },
    /// 2: as 1, over changes in their slim form.
    Slim {
        /// The dictionary's number.
        dictionary: u32,
    },
}

/// Shipped dictionaries by number. They are never retired for reading.
pub trait Dictionaries {
    /// The dictionary's bytes, or `None` where this software does not have it.
    fn dictionary(&self, number: u32) -> Option<&[u8]>;

    /// The slim form of changes; `None` where this software does not know it, so that codec 2 is unknown.
    fn slim(&self) -> Option<&dyn Slim> {
        None
    }
}

/// How changes stand in a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Codecs 0 and 1: document and chunk.
    Whole,
    /// Codec 2.
    Slim,
}

/// No dictionaries: what clear feeds use.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoDictionaries;

impl Dictionaries for NoDictionaries {
    fn dictionary(&self, _number: u32) -> Option<&[u8]> {
        None
    }
}

/// Why a payload gives no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadFault {
    /// Framing, padding, limits or compressed bytes are wrong: held as one unit.
    #[error("the payload is malformed")]
    Malformed,
    /// A codec or dictionary of other software: waits for an update.
    #[error("the payload needs newer software")]
    Unknown,
}

const PADDING: usize = 32;

/// Packs content, whose changes stand in the form that goes with the codec. Level 0 stands for the compressor's
/// default.
///
/// # Errors
/// [`PayloadFault::Unknown`] where the dictionary is not here, [`PayloadFault::Malformed`] where the content
/// is larger than [`limits::SEGMENT_RAW_BYTES_MAX`].
pub fn pack(
    content: &[u8],
    codec: Codec,
    level: i32,
    dictionaries: &dyn Dictionaries,
) -> Result<Vec<u8>, PayloadFault> {
    if content.len() as u64 > limits::SEGMENT_RAW_BYTES_MAX {
        return Err(PayloadFault::Malformed);
    }
    let (number, dictionary, compressed) = match codec {
        Codec::Plain => (0u8, 0, content.to_vec()),
        Codec::Zstd { dictionary } | Codec::Slim { dictionary } => {
            let bytes = match dictionary {
                0 => &[][..],
                number => dictionaries.dictionary(number).ok_or(PayloadFault::Unknown)?,
            };
            let number = if matches!(codec, Codec::Slim { .. }) { 2 } else { 1 };
            (number, dictionary, compress(content, level, bytes)?)
        }
    };
    let mut out = vec![number];
    encoding::push_varint(&mut out, u64::from(dictionary));
    encoding::push_varint(&mut out, content.len() as u64);
    encoding::push_varint(&mut out, compressed.len() as u64);
    out.extend_from_slice(&compressed);
    out.resize(out.len().next_multiple_of(PADDING), 0);
    Ok(out)
}

/// Unpacks content. Framing and padding are judged for every codec, then codec and dictionary, then limits.
///
/// # Errors
/// [`PayloadFault`].
pub fn unpack(payload: &[u8], dictionaries: &dyn Dictionaries) -> Result<Vec<u8>, PayloadFault> {
    unpack_form(payload, dictionaries).map(|(_, content)| content)
}

/// Unpacks content, and says in which form its changes stand.
pub(super) fn unpack_form(
    payload: &[u8],
    dictionaries: &dyn Dictionaries,
) -> Result<(Form, Vec<u8>), PayloadFault> {
    let bad = |_| PayloadFault::Malformed;
    let ([codec], rest) = encoding::take_array::<1>(payload).map_err(bad)?;
    let (dictionary, rest) = encoding::take_varint(rest).map_err(bad)?;
    let (raw_len, rest) = encoding::take_varint(rest).map_err(bad)?;
    let (comp_len, rest) = encoding::take_varint(rest).map_err(bad)?;
    let comp_len = usize::try_from(comp_len).map_err(|_| PayloadFault::Malformed)?;
    let (compressed, padding) = encoding::take_slice(rest, comp_len).map_err(bad)?;
    let padded = payload.len().is_multiple_of(PADDING) && padding.len() < PADDING;
    if !padded || padding.iter().any(|byte| *byte != 0) {
        return Err(PayloadFault::Malformed);
    }
    match codec {
        0 if dictionary != 0 => Err(PayloadFault::Unknown),
        0 if raw_len != comp_len as u64 || raw_len > limits::SEGMENT_RAW_BYTES_MAX => {
            Err(PayloadFault::Malformed)
        }
        0 => Ok((Form::Whole, compressed.to_vec())),
        2 if dictionaries.slim().is_none() => Err(PayloadFault::Unknown),
        1 | 2 => {
            let form = if codec == 2 { Form::Slim } else { Form::Whole };
            let number = u32::try_from(dictionary).map_err(|_| PayloadFault::Unknown)?;
            let bytes = match number {
                0 => &[][..],
                number => dictionaries.dictionary(number).ok_or(PayloadFault::Unknown)?,
            };
            inflate(compressed, raw_len, number, bytes).map(|content| (form, content))
        }
        _ => Err(PayloadFault::Unknown),
    }
}

fn compress(content: &[u8], level: i32, dictionary: &[u8]) -> Result<Vec<u8>, PayloadFault> {
    let mut context = zstd_safe::CCtx::create();
    for parameter in [
        CParameter::CompressionLevel(level),
        CParameter::ContentSizeFlag(false),
        CParameter::ChecksumFlag(false),
        CParameter::DictIdFlag(false),
    ] {
        context.set_parameter(parameter).map_err(|_| PayloadFault::Malformed)?;
    }
    if !dictionary.is_empty() {
        context.load_dictionary(dictionary).map_err(|_| PayloadFault::Unknown)?;
    }
    let mut out = Vec::with_capacity(zstd_safe::compress_bound(content.len()));
    context.compress2(&mut out, content).map_err(|_| PayloadFault::Malformed)?;
    Ok(out)
}

fn inflate(frame: &[u8], raw_len: u64, number: u32, dictionary: &[u8]) -> Result<Vec<u8>, PayloadFault> {
    let header = FrameHeader::read(frame).ok_or(PayloadFault::Malformed)?;
    let fits = raw_len <= limits::SEGMENT_RAW_BYTES_MAX
        && header.window <= 1 << limits::SEGMENT_WINDOW_LOG_MAX
        && (header.dictionary == 0 || header.dictionary == u64::from(number));
    if !fits || zstd_safe::find_frame_compressed_size(frame) != Ok(frame.len()) {
        return Err(PayloadFault::Malformed);
    }
    let raw_len = usize::try_from(raw_len).map_err(|_| PayloadFault::Malformed)?;
    let mut context = zstd_safe::DCtx::create();
    if !dictionary.is_empty() {
        context.load_dictionary(dictionary).map_err(|_| PayloadFault::Unknown)?;
    }
    let mut out = Vec::with_capacity(raw_len);
    let written = context.decompress(&mut out, frame).map_err(|_| PayloadFault::Malformed)?;
    if written == raw_len { Ok(out) } else { Err(PayloadFault::Malformed) }
}

/// What a frame's first bytes say, read before anything is inflated.
struct FrameHeader {
    window: u64,
    dictionary: u64,
}

impl FrameHeader {
    fn read(frame: &[u8]) -> Option<Self> {
        let (magic, rest) = frame.split_first_chunk::<4>()?;
        let (flags, rest) = rest.split_first()?;
        let single_segment = flags & 0x20 != 0;
        if u32::from_le_bytes(*magic) != zstd_safe::MAGICNUMBER || flags & 0x08 != 0 {
            return None;
        }
        let (window, rest) = if single_segment {
            (None, rest)
        } else {
            let (byte, rest) = rest.split_first()?;
            let base = 1u64 << (10 + (byte >> 3));
            (Some(base + (base >> 3) * u64::from(byte & 7)), rest)
        };
        let id_bytes = [0, 1, 2, 4][usize::from(flags & 3)];
        let (id, rest) = rest.split_at_checked(id_bytes)?;
        let size_bytes = match (flags >> 6, single_segment) {
            (0, false) => 0,
            (0, true) => 1,
            (flag, _) => 1 << flag,
        };
        let size =
            little_endian(rest.split_at_checked(size_bytes)?.0) + if size_bytes == 2 { 256 } else { 0 };
        Some(Self { window: window.unwrap_or(size), dictionary: little_endian(id) })
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One(Vec<u8>);
    impl Dictionaries for One {
        fn dictionary(&self, number: u32) -> Option<&[u8]> {
            (number == 7).then_some(&self.0)
        }
    }

    fn text() -> Vec<u8> {
        "زيارة إلى قصر بعيد، لا شبكة. ".repeat(40).into_bytes()
    }

    #[test]
    fn content_comes_back_from_every_codec() {
        let dictionaries = One(text());
        for codec in [Codec::Plain, Codec::Zstd { dictionary: 0 }, Codec::Zstd { dictionary: 7 }] {
            let payload = pack(&text(), codec, 12, &dictionaries).expect("packs");
            assert!(payload.len().is_multiple_of(32));
            assert_eq!(unpack(&payload, &dictionaries), Ok(text()), "{codec:?}");
        }
        let with = pack(&text(), Codec::Zstd { dictionary: 7 }, 12, &dictionaries).expect("packs");
        assert_eq!(unpack(&with, &NoDictionaries), Err(PayloadFault::Unknown), "waits for the dictionary");
    }

    #[test]
    fn every_other_padding_and_framing_is_refused() {
        let payload = pack(&text(), Codec::Zstd { dictionary: 0 }, 3, &NoDictionaries).expect("packs");
        let mut longer = payload.clone();
        longer.extend([0; 32]);
        assert_eq!(unpack(&longer, &NoDictionaries), Err(PayloadFault::Malformed));
        let mut dirty = payload.clone();
        *dirty.last_mut().expect("not empty") ^= 1;
        assert_eq!(unpack(&dirty, &NoDictionaries), Err(PayloadFault::Malformed));
        assert_eq!(unpack(&payload[..payload.len() - 1], &NoDictionaries), Err(PayloadFault::Malformed));
        let mut codec = payload.clone();
        codec[0] = 2;
        assert_eq!(
            unpack(&codec, &NoDictionaries),
            Err(PayloadFault::Unknown),
            "who has no slim form does not know codec 2"
        );
        codec.push(0);
        assert_eq!(unpack(&codec, &NoDictionaries), Err(PayloadFault::Malformed), "framing comes first");
    }

    #[test]
    fn a_declared_length_is_the_length_and_within_limits() {
        let frame = compress(&text(), 3, &[]).expect("compresses");
        let frame_as = |raw_len: u64| {
            let mut out = vec![1];
            encoding::push_varint(&mut out, 0);
            encoding::push_varint(&mut out, raw_len);
            encoding::push_varint(&mut out, frame.len() as u64);
            out.extend_from_slice(&frame);
            out.resize(out.len().next_multiple_of(32), 0);
            unpack(&out, &NoDictionaries)
        };
        let length = text().len() as u64;
        assert_eq!(frame_as(length), Ok(text()));
        for wrong in [length - 1, length + 1, u64::MAX, limits::SEGMENT_RAW_BYTES_MAX + 1] {
            assert_eq!(frame_as(wrong), Err(PayloadFault::Malformed), "{wrong}");
        }
    }

    /// A payload as its parts say, well padded.
    fn made_of(codec: u8, dictionary: u64, raw_len: u64, compressed: &[u8]) -> Vec<u8> {
        let mut out = vec![codec];
        for number in [dictionary, raw_len, compressed.len() as u64] {
            encoding::push_varint(&mut out, number);
        }
        out.extend_from_slice(compressed);
        out.resize(out.len().next_multiple_of(PADDING), 0);
        out
    }

    #[test]
    fn plain_content_names_no_dictionary_and_its_own_length_within_the_limit() {
        let unpack = |payload: &[u8]| unpack(payload, &One(text()));
        assert_eq!(unpack(&made_of(0, 0, 3, b"abc")), Ok(b"abc".to_vec()));
        assert_eq!(unpack(&made_of(0, 7, 3, b"abc")), Err(PayloadFault::Unknown));
        for wrong in [2, 4] {
            assert_eq!(unpack(&made_of(0, 0, wrong, b"abc")), Err(PayloadFault::Malformed));
        }
        let most = vec![7; limits::SEGMENT_RAW_BYTES_MAX as usize];
        let packed = pack(&most, Codec::Plain, 0, &NoDictionaries).expect("as much as there may be");
        assert_eq!(unpack(&packed), Ok(most.clone()));
        let more = [&most[..], &[7]].concat();
        assert_eq!(pack(&more, Codec::Plain, 0, &NoDictionaries), Err(PayloadFault::Malformed));
        assert_eq!(unpack(&made_of(0, 0, more.len() as u64, &more)), Err(PayloadFault::Malformed));
    }

    #[test]
    fn what_needs_no_padding_has_none() {
        let whole = made_of(0, 0, 28, &[7; 28]);
        assert_eq!((whole.len(), unpack(&whole, &NoDictionaries)), (32, Ok(vec![7; 28])));
        let padded = [&whole[..], &[0; 32]].concat();
        assert_eq!(unpack(&padded, &NoDictionaries), Err(PayloadFault::Malformed));
    }

    #[test]
    fn a_dictionary_makes_what_is_like_it_small() {
        let size = |dictionary| {
            pack(&text()[..500], Codec::Zstd { dictionary }, 12, &One(text())).expect("packs").len()
        };
        assert!(size(7) <= 32 && size(0) > 64, "{} and {}", size(7), size(0));
    }

    #[test]
    fn a_frames_first_bytes_say_how_much_memory_it_wants_and_which_dictionary() {
        let read = |rest: &[u8]| {
            let magic = zstd_safe::MAGICNUMBER.to_le_bytes();
            FrameHeader::read(&[&magic, rest].concat()).map(|header| (header.window, header.dictionary))
        };
        // Descriptor, window, dictionary, size: RFC 8878, 3.1.1.1.
        assert_eq!(read(&[0x00, 0x00]), Some((1_024, 0)));
        assert_eq!(read(&[0x00, 0x0b]), Some((2_048 + 3 * 256, 0)));
        assert_eq!(read(&[0x01, 0x00, 7]), Some((1_024, 7)));
        assert_eq!(read(&[0x02, 0x00, 1, 2]), Some((1_024, 0x0201)));
        assert_eq!(read(&[0x03, 0x00, 1, 2, 3, 4]), Some((1_024, 0x0403_0201)));
        assert_eq!(read(&[0x20, 200]), Some((200, 0)), "one segment: as much as it holds");
        assert_eq!(read(&[0x60, 0x10, 0x01]), Some((0x0110 + 256, 0)));
        assert_eq!(read(&[0xa0, 1, 2, 3, 0]), Some((0x03_0201, 0)));
        assert_eq!(read(&[0xe0, 1, 0, 0, 0, 0, 0, 0, 1]), Some(((1 << 56) + 1, 0)));
        assert_eq!(read(&[0x21, 7, 200]), Some((200, 7)));
        for wrong in [&[0x08, 0x00][..], &[0x00], &[0x20], &[0x01, 0x00], &[0x60, 0x10], &[]] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert!(FrameHeader::read(&[1, 2, 3, 4, 0, 0]).is_none());
    }
}
