// A chain of hashes over lines: each says the hash of the line before it, so that a line that was changed,
// taken out, put in or moved shows, as long as somebody keeps one hash of later elsewhere.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace honeyswitch::record {

/// BLAKE2b of 256 bits over a line without its newline, in hexadecimal.
[[nodiscard]] std::string line_hash(std::string_view line);

/// What the first line of all says.
[[nodiscard]] const std::string& chain_begin();

/// The line with `"previous":"…"` as its last member. Precondition: it is a JSON object with members.
[[nodiscard]] std::string chained(std::string line, std::string_view previous);

/// What a line says of the line before it. Empty: it says nothing.
[[nodiscard]] std::string_view previous_of(std::string_view line);

struct ChainReport {
    std::uint64_t lines = 0;
    std::string first;  ///< what the first line says of the one before it, which may be in an older file
    std::string head;   ///< hash of the last line
};
/// Files in the order in which they were written. Errors: "FILE:LINE: …", of the first line that does not
/// follow from the one before; or why a file cannot be read.
[[nodiscard]] std::expected<ChainReport, std::string> verify_chain(
    std::span<const std::filesystem::path> files);

}  // namespace honeyswitch::record
