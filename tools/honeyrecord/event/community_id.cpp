#include "tools/honeyrecord/event/community_id.hpp"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include <sodium.h>

#include "base/headers.hpp"

namespace honeyswitch::record {
namespace {

/// What the specification hashes: two octets of seed, two addresses, protocol and padding, two ports.
class Block {
  public:
    void add(std::uint8_t octet) { octets_.at(size_++) = octet; }
    void add(std::uint16_t number) {
        add(static_cast<std::uint8_t>(number >> 8U));
        add(static_cast<std::uint8_t>(number));
    }
    void add(std::uint32_t number) {
        add(static_cast<std::uint16_t>(number >> 16U));
        add(static_cast<std::uint16_t>(number));
    }
    [[nodiscard]] std::span<const std::uint8_t> octets() const { return std::span(octets_).first(size_); }

  private:
    std::array<std::uint8_t, 16> octets_{};
    std::size_t size_ = 0;
};

/// The type of ICMP that answers a type, if it is of a query: both are one flow, as in Zeek.
std::optional<std::uint16_t> counterpart_of(std::uint16_t type) {
    constexpr std::array<std::pair<std::uint16_t, std::uint16_t>, 5> pairs{
        {{8, 0}, {13, 14}, {15, 16}, {17, 18}, {10, 9}}};
    for (const auto& [query, answer] : pairs) {
        if (type == query) return answer;
        if (type == answer) return query;
    }
    return std::nullopt;
}

std::uint32_t big_endian(std::span<const std::uint8_t> octets) {
    return static_cast<std::uint32_t>(octets[0] << 24U | octets[1] << 16U | octets[2] << 8U | octets[3]);
}

/// The words that the 80 rounds take.
std::array<std::uint32_t, 80> schedule(std::span<const std::uint8_t> block) {
    std::array<std::uint32_t, 80> words{};
    for (std::size_t i = 0; i < 16; ++i) words.at(i) = big_endian(block.subspan(4 * i, 4));
    for (std::size_t i = 16; i < words.size(); ++i)
        words.at(i) = std::rotl(words.at(i - 3) ^ words.at(i - 8) ^ words.at(i - 14) ^ words.at(i - 16), 1);
    return words;
}

}  // namespace

std::array<std::uint8_t, 20> sha1_of_one_block(std::span<const std::uint8_t> octets) {
    std::array<std::uint8_t, 64> block{};
    std::ranges::copy(octets, block.begin());
    block.at(octets.size()) = 0x80;
    const auto bits = octets.size() * 8;
    block[62] = static_cast<std::uint8_t>(bits >> 8U);
    block[63] = static_cast<std::uint8_t>(bits);
    const auto words = schedule(block);
    const std::array<std::uint32_t, 5> initial{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    auto [a, b, c, d, e] = initial;
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::uint32_t mixed = 0;
        if (i < 20)
            mixed = ((b & c) | (~b & d)) + 0x5a827999;
        else if (i < 40)
            mixed = (b ^ c ^ d) + 0x6ed9eba1;
        else if (i < 60)
            mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
        else
            mixed = (b ^ c ^ d) + 0xca62c1d6;
        const auto next = std::rotl(a, 5) + mixed + e + words.at(i);
        e = std::exchange(d, std::exchange(c, std::rotl(std::exchange(b, std::exchange(a, next)), 30)));
    }
    const std::array<std::uint32_t, 5> sums{initial[0] + a, initial[1] + b, initial[2] + c, initial[3] + d,
                                            initial[4] + e};
    std::array<std::uint8_t, 20> digest{};
    for (std::size_t i = 0; i < digest.size(); ++i)
        digest.at(i) = static_cast<std::uint8_t>(sums.at(i / 4) >> (24 - i % 4 * 8));
    return digest;
}

std::string community_id(const FlowTuple& flow, std::uint16_t seed) {
    auto from = std::pair{flow.source, flow.source_port.value_or(0)};
    auto to = std::pair{flow.destination, flow.destination_port.value_or(0)};
    bool ordered = true;
    if (flow.protocol == protocol::icmp && flow.source_port) {
        // A query's type is in the place of one port, and that of its answer in the place of the other; what
        // is no query has its code there, and a direction.
        const auto answer = counterpart_of(from.second);
        if (answer) to.second = *answer;
        ordered = answer.has_value();
    }
    if (ordered && to < from) std::swap(from, to);
    Block block;
    block.add(seed);
    block.add(from.first.value);
    block.add(to.first.value);
    block.add(flow.protocol);
    block.add(std::uint8_t{0});
    if (flow.source_port) {
        block.add(from.second);
        block.add(to.second);
    }
    const auto digest = sha1_of_one_block(block.octets());
    std::array<char, sodium_base64_ENCODED_LEN(20, sodium_base64_VARIANT_ORIGINAL)> text{};
    sodium_bin2base64(text.data(), text.size(), digest.data(), digest.size(), sodium_base64_VARIANT_ORIGINAL);
    return std::string("1:") + text.data();
}

}  // namespace honeyswitch::record
