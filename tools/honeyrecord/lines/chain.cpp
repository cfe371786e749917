#include "tools/honeyrecord/lines/chain.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <sodium.h>

namespace honeyswitch::record {
namespace {

constexpr std::size_t hash_octets = 32;
constexpr std::string_view member = R"(,"previous":")";
constexpr std::string_view ending = R"("})";

/// Goes on from the line before, if there was one.
std::expected<void, std::string> verify_file(const std::filesystem::path& path, ChainReport& report) {
    std::ifstream file(path, std::ios::binary);
    if (!file || std::filesystem::is_directory(path))
        return std::unexpected(fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno)));
    std::string line;
    for (std::uint64_t number = 1; std::getline(file, line); ++number) {
        const auto wrong = [&](std::string_view reason) {
            return std::unexpected(fmt::format("{}:{}: {}", path.string(), number, reason));
        };
        if (file.eof()) return wrong("the line has no end: it was cut off");
        const auto previous = previous_of(line);
        if (previous.empty()) return wrong("the line does not say the hash of the line before it");
        if (report.lines == 0)
            report.first = previous;
        else if (previous != report.head)
            return wrong(fmt::format("the line before it has the hash {}, and this line says {}", report.head,
                                     previous));
        report.head = line_hash(line);
        ++report.lines;
    }
    return {};
}

}  // namespace

std::string line_hash(std::string_view line) {
    std::array<unsigned char, hash_octets> hash{};
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(line.data()),
                       line.size(), nullptr, 0);
    std::array<char, 2 * hash_octets + 1> text{};
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    return text.data();
}

const std::string& chain_begin() {
    static const std::string zeros(2 * hash_octets, '0');
    return zeros;
}

std::string chained(std::string line, std::string_view previous) {
    line.pop_back();
    line += member;
    line += previous;
    line += ending;
    return line;
}

std::string_view previous_of(std::string_view line) {
    constexpr auto whole = member.size() + 2 * hash_octets + ending.size();
    if (line.size() < whole) return {};
    const auto tail = line.substr(line.size() - whole);
    const auto hash = tail.substr(member.size(), 2 * hash_octets);
    const bool good = tail.starts_with(member) && tail.ends_with(ending) &&
                      hash.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    return good ? hash : std::string_view();
}

std::expected<ChainReport, std::string> verify_chain(std::span<const std::filesystem::path> files) {
    ChainReport report;
    for (const auto& path : files)
        if (const auto verified = verify_file(path, report); !verified)
            return std::unexpected(verified.error());
    return report;
}

}  // namespace honeyswitch::record
