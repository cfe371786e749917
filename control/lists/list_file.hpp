// A file of sources: an IPv4 address or prefix on each line. What published lists have besides is understood:
// comments begin with #, ; or //, and IPv6 sources, which the switch does not divert, are counted and left
// out.
//
// It is read in portions, so that a file with very many lines never holds up the thread that reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/complaint.hpp"
#include "base/system/descriptor.hpp"

namespace honeyswitch::control {

/// A shorter one lists more than 16 million sources at once: a slip of the pen, and never one attacker.
inline constexpr unsigned shortest_listed_prefix = 8;

/// "203.0.113.7" for an address, "203.0.113.0/24" for a prefix.
[[nodiscard]] std::string text_of_source(Ipv4Prefix prefix);

/// "203.0.113.7" or "203.0.113.0/24", as a list may have it. The error is the reason alone.
[[nodiscard]] std::expected<Ipv4Prefix, std::string> parse_source(std::string_view text);

/// "2001:db8::1" or "2001:db8::/32"
[[nodiscard]] bool is_ipv6_source(std::string_view text);

struct ListComplaint : Complaint {
    enum class Kind : std::uint8_t {
        text,        ///< there is something in it that no list has
        missing,     ///< there is no such file
        unreadable,  ///< no regular file, or the system refuses
    };
    Kind kind = Kind::text;

    /// About a line of the file, from 1 on: "attackers.txt:12"; 0: about the file as a whole.
    [[nodiscard]] static ListComplaint of_line(const std::filesystem::path& file, std::size_t line,
                                               std::string reason);
    /// About the file as a whole. `error`: an errno.
    [[nodiscard]] static ListComplaint of_system(const std::filesystem::path& file, int error);
};

struct ListFileLimits {
    std::size_t bytes = std::size_t{32} << 20;
    std::size_t entries = 1'000'000;
    std::size_t line = 4096;  ///< bytes, comment included
};

/// Reads the text of a list file, handed in portions of any size. Lines end in LF or CRLF.
class ListParser {
  public:
    /// `file` is for errors alone.
    explicit ListParser(std::filesystem::path file, ListFileLimits limits = {});

    /// After an error the parser is of no more use.
    [[nodiscard]] std::expected<void, ListComplaint> feed(std::string_view portion);
    /// Sources of IPv6 that were left out.
    [[nodiscard]] std::size_t ipv6() const { return ipv6_; }
    /// The text is complete: its sources in order, each once.
    [[nodiscard]] std::expected<std::vector<Ipv4Prefix>, ListComplaint> finish();

  private:
    [[nodiscard]] std::expected<void, ListComplaint> read_line(std::string_view line);
    void settle_fresh();
    void merge_last_two();
    [[nodiscard]] std::unexpected<ListComplaint> fail(std::size_t line, std::string reason) const;

    std::filesystem::path file_;
    ListFileLimits limits_;
    /// The sources in runs, each in order; one is more than twice as long as the next. Merged as they come,
    /// as to sort all of them in the end would take one long turn.
    std::vector<std::vector<Ipv4Prefix>> runs_;
    std::vector<Ipv4Prefix> fresh_;  ///< since the last portion; in no order
    std::size_t entries_ = 0;
    std::size_t ipv6_ = 0;
    std::string partial_;  ///< the beginning of a line whose end is not there yet
    std::size_t bytes_ = 0;
    std::size_t line_ = 0;  ///< lines read
};

/// For reading. Does not block, whatever the file is.
[[nodiscard]] std::expected<Descriptor, ListComplaint> open_list_file(const std::filesystem::path& file);

/// Reads all of it at once.
[[nodiscard]] std::expected<std::vector<Ipv4Prefix>, ListComplaint> parse_list(std::filesystem::path file,
                                                                               std::string_view text,
                                                                               ListFileLimits limits = {});
[[nodiscard]] std::expected<std::vector<Ipv4Prefix>, ListComplaint> read_list_file(
    const std::filesystem::path& file, ListFileLimits limits = {});

}  // namespace honeyswitch::control
