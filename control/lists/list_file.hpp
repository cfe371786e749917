// A file of sources: an IPv4 address or prefix on each line, # begins a comment.
//
// It is read in portions, so that a file with very many lines never holds up the thread that reads it.
#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"

namespace honeyswitch::control {

/// A shorter one lists more than 16 million sources at once: a slip of the pen, and never one attacker.
inline constexpr unsigned shortest_listed_prefix = 8;

/// "203.0.113.7" for an address, "203.0.113.0/24" for a prefix.
[[nodiscard]] std::string text_of_source(Ipv4Prefix prefix);

/// "203.0.113.7" or "203.0.113.0/24", as a list may have it. The error is the reason alone.
[[nodiscard]] std::expected<Ipv4Prefix, std::string> parse_source(std::string_view text);

struct ListFileError {
    std::filesystem::path file;
    std::size_t line = 0;  ///< from 1; 0: the file as a whole
    std::string reason;

    /// "attackers.txt:12: 'x' is not an IPv4 address"
    [[nodiscard]] std::string message() const;
};

struct ListFileLimits {
    std::size_t bytes = std::size_t{32} << 20;
    std::size_t entries = 1'000'000;
};

/// Reads the text of a list file, handed in portions of any size. Lines end in LF or CRLF.
class ListParser {
  public:
    /// `file` is for errors alone.
    explicit ListParser(std::filesystem::path file, ListFileLimits limits = {});

    /// After an error the parser is of no more use.
    [[nodiscard]] std::expected<void, ListFileError> feed(std::string_view portion);
    /// The text is complete: its sources in order, each once.
    [[nodiscard]] std::expected<std::vector<Ipv4Prefix>, ListFileError> finish();

  private:
    [[nodiscard]] std::expected<void, ListFileError> read_line(std::string_view line);
    [[nodiscard]] std::unexpected<ListFileError> fail(std::size_t line, std::string reason) const;

    std::filesystem::path file_;
    ListFileLimits limits_;
    std::vector<Ipv4Prefix> prefixes_;
    std::string partial_;  ///< the beginning of a line whose end is not there yet
    std::size_t bytes_ = 0;
    std::size_t line_ = 0;  ///< lines read
};

/// Reads all of it at once.
[[nodiscard]] std::expected<std::vector<Ipv4Prefix>, ListFileError> parse_list(std::filesystem::path file,
                                                                               std::string_view text,
                                                                               ListFileLimits limits = {});
[[nodiscard]] std::expected<std::vector<Ipv4Prefix>, ListFileError> read_list_file(
    const std::filesystem::path& file, ListFileLimits limits = {});

}  // namespace honeyswitch::control
