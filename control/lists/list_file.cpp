#include "control/lists/list_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

namespace honeyswitch::control {
namespace {

constexpr std::string_view blank = " \t\r";
constexpr std::size_t longest_source = sizeof "255.255.255.255/32" - 1;

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

/// The file may be anything, perhaps no text at all: what a message quotes is short and printable.
std::string quoted(std::string_view text) {
    constexpr std::size_t most = 40;
    std::string shown(text.substr(0, most));
    std::ranges::replace_if(shown, [](char c) { return c < ' ' || c > '~'; }, '?');
    return fmt::format("'{}{}'", shown, text.size() > most ? "..." : "");
}

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

std::string text_of_source(Ipv4Prefix prefix) {
    return prefix.length == 32 ? to_string(prefix.network) : to_string(prefix);
}

std::expected<Ipv4Prefix, std::string> parse_source(std::string_view text) {
    if (text.find_first_of(blank) != std::string_view::npos)
        return std::unexpected(fmt::format(
            "{} is more than one address or prefix: a line has one, and # begins a comment", quoted(text)));
    if (text.size() > longest_source || !is_printable(text))
        return std::unexpected(fmt::format("{} is not an IPv4 address or prefix", quoted(text)));
    if (!text.contains('/')) {
        const auto address = parse_address(text);
        if (!address) return std::unexpected(address.error());
        return Ipv4Prefix::of(*address, 32);
    }
    auto prefix = parse_prefix(text);
    if (prefix && prefix->length < shortest_listed_prefix)
        return std::unexpected(
            fmt::format("'{}' is shorter than /{}, the shortest prefix that a list may have", text,
                        shortest_listed_prefix));
    return prefix;
}

std::string ListFileError::message() const {
    return line == 0 ? fmt::format("{}: {}", file.string(), reason)
                     : fmt::format("{}:{}: {}", file.string(), line, reason);
}

ListParser::ListParser(std::filesystem::path file, ListFileLimits limits)
    : file_(std::move(file)), limits_(limits) {}

std::unexpected<ListFileError> ListParser::fail(std::size_t line, std::string reason) const {
    return std::unexpected(ListFileError{file_, line, std::move(reason)});
}

std::expected<void, ListFileError> ListParser::feed(std::string_view portion) {
    bytes_ += portion.size();
    if (bytes_ > limits_.bytes) return fail(0, fmt::format("it has more than {} bytes", limits_.bytes));
    for (auto end = portion.find('\n'); end != std::string_view::npos; end = portion.find('\n')) {
        partial_ += portion.substr(0, end);
        if (auto read = read_line(partial_); !read) return read;
        partial_.clear();
        portion.remove_prefix(end + 1);
    }
    partial_ += portion;
    return {};
}

std::expected<void, ListFileError> ListParser::read_line(std::string_view line) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";  // some editors begin every file with it
    if (++line_ == 1 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    line = trim(line.substr(0, line.find('#')));
    if (line.empty()) return {};
    const auto prefix = parse_source(line);
    if (!prefix) return fail(line_, prefix.error());
    if (prefixes_.size() == limits_.entries)
        return fail(line_, fmt::format("it has more than {} addresses and prefixes", limits_.entries));
    prefixes_.push_back(*prefix);
    return {};
}

std::expected<std::vector<Ipv4Prefix>, ListFileError> ListParser::finish() {
    if (auto read = read_line(partial_); !read) return std::unexpected(read.error());
    if (!std::ranges::is_sorted(prefixes_)) std::ranges::sort(prefixes_);
    const auto doubled = std::ranges::unique(prefixes_);
    prefixes_.erase(doubled.begin(), doubled.end());
    return std::move(prefixes_);
}

std::expected<std::vector<Ipv4Prefix>, ListFileError> parse_list(std::filesystem::path file,
                                                                 std::string_view text,
                                                                 ListFileLimits limits) {
    ListParser parser(std::move(file), limits);
    if (auto fed = parser.feed(text); !fed) return std::unexpected(fed.error());
    return parser.finish();
}

std::expected<std::vector<Ipv4Prefix>, ListFileError> read_list_file(const std::filesystem::path& file,
                                                                     ListFileLimits limits) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return std::unexpected(ListFileError{file, 0, std::strerror(errno)});
    ListParser parser(file, limits);
    std::array<char, 65'536> portion;
    while (stream.read(portion.data(), portion.size()), stream.gcount() > 0)
        if (auto fed = parser.feed({portion.data(), static_cast<std::size_t>(stream.gcount())}); !fed)
            return std::unexpected(fed.error());
    if (stream.bad()) return std::unexpected(ListFileError{file, 0, std::strerror(errno)});
    return parser.finish();
}

}  // namespace honeyswitch::control
