// A configuration file as a TOML document, for every program that has one. What is wrong is said with its
// place: FILE, or FILE:LINE:COLUMN.
#pragma once

#include <expected>
#include <filesystem>
#include <ios>
#include <string>
#include <string_view>

#include <toml++/toml.h>

#include "base/complaint.hpp"

namespace honeyswitch {

/// Bytes. Room for the 10,000 rules that a switch can have; what goes on for longer is no configuration.
inline constexpr std::streamsize longest_document = 1 << 22;

/// `source` stands in places for the file.
[[nodiscard]] std::expected<toml::table, Complaint> parse_document(std::string_view text,
                                                                   std::string_view source);
/// The file's text, of at most `longest_document` bytes. Errors: it cannot be read, or is longer.
[[nodiscard]] std::expected<std::string, Complaint> read_document_text(const std::filesystem::path& path);
/// Both.
[[nodiscard]] std::expected<toml::table, Complaint> read_document(const std::filesystem::path& path);

}  // namespace honeyswitch
