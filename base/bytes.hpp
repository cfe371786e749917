// Writing and reading big-endian fields, with every read checked against the end.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace honeyswitch {

using Bytes = std::span<const std::uint8_t>;

/// Appends fields in network byte order.
class ByteWriter {
  public:
    template <std::unsigned_integral T>
    ByteWriter& put(T value) {
        for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
            bytes_.push_back(static_cast<std::uint8_t>(value >> shift));
        return *this;
    }
    ByteWriter& put(Bytes bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return *this;
    }

    [[nodiscard]] Bytes bytes() const { return bytes_; }
    [[nodiscard]] std::vector<std::uint8_t> take() { return std::move(bytes_); }

  private:
    std::vector<std::uint8_t> bytes_;
};

/// Takes fields in network byte order. A read past the end yields zeros and makes ok() false for good, so
/// that a decoder reads all fields first and asks once.
class ByteReader {
  public:
    explicit ByteReader(Bytes bytes) : rest_(bytes) {}

    template <std::unsigned_integral T>
    [[nodiscard]] T get() {
        std::uint64_t value = 0;
        for (const auto octet : take(sizeof(T))) value = value << 8 | octet;
        return static_cast<T>(value);
    }
    template <std::size_t N>
    [[nodiscard]] std::array<std::uint8_t, N> get_array() {
        std::array<std::uint8_t, N> value{};
        const auto from = take(N);
        std::copy(from.begin(), from.end(), value.begin());
        return value;
    }
    /// Empty when fewer than `size` bytes are left.
    [[nodiscard]] Bytes take(std::size_t size) {
        if (size > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    [[nodiscard]] std::size_t left() const { return rest_.size(); }
    [[nodiscard]] bool ok() const { return ok_; }

  private:
    Bytes rest_;
    bool ok_ = true;
};

}  // namespace honeyswitch
