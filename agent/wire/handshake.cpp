#include "agent/wire/handshake.hpp"

#include <sodium.h>

namespace honeyswitch::agent {
namespace {

constexpr std::size_t tag_size = 32;

std::array<std::uint8_t, tag_size> tag_of(Bytes covered, const Key& key) {
    std::array<std::uint8_t, tag_size> tag;
    crypto_generichash(tag.data(), tag.size(), covered.data(), covered.size(), key.data(), key.size());
    return tag;
}

Datagram authenticated(ByteWriter& writer, const Key& key) {
    const auto tag = tag_of(writer.bytes(), key);
    return writer.put(Bytes(tag)).take();
}

/// The fields between header and tag, once size and tag are right.
std::expected<Bytes, Refusal> authentic_fields(Bytes datagram, std::size_t size, const Key& key) {
    if (datagram.size() != size) return std::unexpected(Refusal::malformed);
    const auto tag = tag_of(datagram.first(size - tag_size), key);
    if (sodium_memcmp(tag.data(), datagram.last(tag_size).data(), tag_size) != 0)
        return std::unexpected(Refusal::forged);
    return datagram.subspan(header_size, size - header_size - tag_size);
}

}  // namespace

AgentIdentifier identifier_of(std::string_view name) {
    AgentIdentifier identifier;
    crypto_generichash(identifier.data(), identifier.size(),
                       reinterpret_cast<const unsigned char*>(name.data()), name.size(), nullptr, 0);
    return identifier;
}

Datagram encode(const Hello& hello, const Key& key) {
    ByteWriter writer;
    put_header(writer, DatagramKind::hello);
    writer.put(Bytes(hello.agent)).put(Bytes(hello.run)).put(Bytes(hello.agent_nonce));
    return authenticated(writer, key);
}

Datagram encode(const Welcome& welcome, const Key& key) {
    ByteWriter writer;
    put_header(writer, DatagramKind::welcome);
    writer.put(Bytes(welcome.agent_nonce)).put(Bytes(welcome.controller_nonce));
    return authenticated(writer, key);
}

Datagram encode(const Confirm& confirm, const Key& key) {
    ByteWriter writer;
    put_header(writer, DatagramKind::confirm);
    writer.put(Bytes(confirm.agent))
        .put(Bytes(confirm.run))
        .put(Bytes(confirm.agent_nonce))
        .put(Bytes(confirm.controller_nonce));
    return authenticated(writer, key);
}

std::expected<AgentIdentifier, Refusal> claimed_agent(Bytes datagram) {
    if (datagram.size() != hello_size && datagram.size() != confirm_size)
        return std::unexpected(Refusal::malformed);
    return ByteReader(datagram.subspan(header_size)).get_array<16>();
}

std::expected<Hello, Refusal> open_hello(Bytes datagram, const Key& key) {
    const auto fields = authentic_fields(datagram, hello_size, key);
    if (!fields) return std::unexpected(fields.error());
    ByteReader reader(*fields);
    return Hello{reader.get_array<16>(), reader.get_array<8>(), reader.get_array<16>()};
}

std::expected<Welcome, Refusal> open_welcome(Bytes datagram, const Key& key) {
    const auto fields = authentic_fields(datagram, welcome_size, key);
    if (!fields) return std::unexpected(fields.error());
    ByteReader reader(*fields);
    return Welcome{reader.get_array<16>(), reader.get_array<16>()};
}

std::expected<Confirm, Refusal> open_confirm(Bytes datagram, const Key& key) {
    const auto fields = authentic_fields(datagram, confirm_size, key);
    if (!fields) return std::unexpected(fields.error());
    ByteReader reader(*fields);
    return Confirm{reader.get_array<16>(), reader.get_array<8>(), reader.get_array<16>(),
                   reader.get_array<16>()};
}

template <std::size_t N>
std::array<std::uint8_t, N> random_octets() {
    std::array<std::uint8_t, N> octets;
    randombytes_buf(octets.data(), octets.size());
    return octets;
}
template std::array<std::uint8_t, 8> random_octets<8>();
template std::array<std::uint8_t, 16> random_octets<16>();
template std::array<std::uint8_t, 32> random_octets<32>();

Nonce ControllerNonces::nonce_for(const AgentIdentifier& agent, const RunIdentifier& run,
                                  const Nonce& agent_nonce) const {
    ByteWriter input;
    input.put(Bytes(agent)).put(Bytes(run)).put(Bytes(agent_nonce)).put(established_);
    Nonce nonce;
    crypto_generichash(nonce.data(), nonce.size(), input.bytes().data(), input.bytes().size(), secret_.data(),
                       secret_.size());
    return nonce;
}

}  // namespace honeyswitch::agent
