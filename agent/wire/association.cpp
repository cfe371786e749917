#include "agent/wire/association.hpp"

#include <string_view>

#include <sodium.h>

namespace honeyswitch::agent {
namespace {

constexpr std::size_t sealed_header = header_size + 8 + 8;
constexpr std::size_t tag_size = crypto_aead_chacha20poly1305_ietf_ABYTES;
static_assert(sealed_overhead == sealed_header + tag_size);

template <std::size_t N>
std::array<std::uint8_t, N> derive(const Key& key, std::string_view label, const Confirm& confirm) {
    ByteWriter input;
    input.put(Bytes(reinterpret_cast<const std::uint8_t*>(label.data()), label.size()))
        .put(Bytes(confirm.agent))
        .put(Bytes(confirm.run))
        .put(Bytes(confirm.agent_nonce))
        .put(Bytes(confirm.controller_nonce));
    std::array<std::uint8_t, N> derived;
    crypto_generichash(derived.data(), derived.size(), input.bytes().data(), input.bytes().size(), key.data(),
                       key.size());
    return derived;
}

std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> nonce_of(std::uint64_t sequence) {
    std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES> nonce{};
    for (std::size_t i = 0; i < 8; ++i) nonce.at(4 + i) = static_cast<std::uint8_t>(sequence >> (56 - 8 * i));
    return nonce;
}

}  // namespace

bool ReplayWindow::fresh(std::uint64_t sequence) const {
    if (sequence == 0) return false;
    if (sequence > highest_) return true;
    const auto age = highest_ - sequence;
    return age < width && (seen_ >> age & 1) == 0;
}

void ReplayWindow::accept(std::uint64_t sequence) {
    if (sequence > highest_) {
        const auto step = sequence - highest_;
        seen_ = step < width ? seen_ << step | 1 : 1;
        highest_ = sequence;
    } else {
        seen_ |= std::uint64_t{1} << (highest_ - sequence);
    }
}

Association::Association(Role role, const Key& key, const Confirm& confirm)
    : outgoing_(role == Role::agent ? DatagramKind::to_controller : DatagramKind::to_agent),
      identifier_(derive<8>(key, "honeyswitch notice 1 association", confirm)),
      send_key_(derive<32>(key, "honeyswitch notice 1 to controller", confirm)),
      receive_key_(derive<32>(key, "honeyswitch notice 1 to agent", confirm)) {
    if (role == Role::controller) std::swap(send_key_, receive_key_);
}

Datagram Association::seal(Bytes notice) {
    ByteWriter writer;
    put_header(writer, outgoing_);
    writer.put(Bytes(identifier_)).put(++sent_);
    Datagram datagram = writer.take();
    datagram.resize(sealed_header + notice.size() + tag_size);
    const auto nonce = nonce_of(sent_);
    crypto_aead_chacha20poly1305_ietf_encrypt(datagram.data() + sealed_header, nullptr, notice.data(),
                                              notice.size(), datagram.data(), sealed_header, nullptr,
                                              nonce.data(), send_key_.data());
    return datagram;
}

std::expected<std::vector<std::uint8_t>, Refusal> Association::open(Bytes datagram) {
    const auto claimed = claimed_association(datagram);
    if (!claimed) return std::unexpected(claimed.error());
    if (*claimed != identifier_) return std::unexpected(Refusal::unknown_association);
    const auto sequence = ByteReader(datagram.subspan(header_size + 8)).get<std::uint64_t>();
    const auto nonce = nonce_of(sequence);
    std::vector<std::uint8_t> notice(datagram.size() - sealed_overhead);
    // Authenticity first: a forger must not learn from the counters which numbers were used.
    if (crypto_aead_chacha20poly1305_ietf_decrypt(
            notice.data(), nullptr, nullptr, datagram.data() + sealed_header, datagram.size() - sealed_header,
            datagram.data(), sealed_header, nonce.data(), receive_key_.data()) != 0)
        return std::unexpected(Refusal::forged);
    if (!received_.fresh(sequence)) return std::unexpected(Refusal::replayed);
    newest_ = sequence > received_.highest();
    received_.accept(sequence);
    return notice;
}

std::expected<AssociationIdentifier, Refusal> claimed_association(Bytes datagram) {
    if (datagram.size() < sealed_overhead || datagram.size() > max_datagram)
        return std::unexpected(Refusal::malformed);
    return ByteReader(datagram.subspan(header_size)).get_array<8>();
}

}  // namespace honeyswitch::agent
