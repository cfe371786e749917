#include "dataplane/eal/kernel_interface.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include <dirent.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace honeyswitch::dataplane {
namespace {

ifreq request_for(const std::string& name) {
    ifreq request{};
    std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
    return request;
}

/// A request of ethtool ends in an array whose length the caller chooses.
template <typename Request>
class Sized {
  public:
    explicit Sized(std::size_t bytes_behind) : words_((sizeof(Request) + bytes_behind) / 8 + 1) {}
    [[nodiscard]] Request* operator->() { return static_cast<Request*>(address()); }
    [[nodiscard]] void* address() { return words_.data(); }

  private:
    std::vector<std::uint64_t> words_;
};

ethtool_channels asked_for_channels() {
    ethtool_channels channels{};
    channels.cmd = ETHTOOL_GCHANNELS;
    return channels;
}

constexpr std::uint32_t features_a_block = 32;

std::uint32_t blocks_of(std::uint32_t features) {
    return (features + features_a_block - 1) / features_a_block;
}
std::uint32_t bit_of(std::uint32_t feature) {
    return 1U << (feature % features_a_block);
}

}  // namespace

std::expected<KernelInterface, Error> KernelInterface::open(const std::string& name) {
    const std::string path = "/sys/class/net/" + name;
    Descriptor folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder)
        return std::unexpected(
            Error{"use interface", name,
                  errno == ENOENT ? "there is none of this name" : path + ": " + std::strerror(errno)});
    Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return std::unexpected(Error{"open", "a socket", std::strerror(errno)});
    return KernelInterface(name, std::move(folder), std::move(socket));
}

std::optional<std::string> KernelInterface::read(const char* file) const {
    const Descriptor descriptor(openat(folder_.get(), file, O_RDONLY | O_CLOEXEC));
    char text[64] = {};
    if (!descriptor || ::read(descriptor.get(), text, sizeof text - 1) <= 0) return std::nullopt;
    std::string line(text);
    return line.substr(0, line.find('\n'));
}

std::uint64_t KernelInterface::number(const char* file) const {
    const auto text = read(file);
    return text ? std::strtoull(text->c_str(), nullptr, 0) : 0;
}

InterfaceStatistics KernelInterface::statistics() const {
    return {.rx_dropped = number("statistics/rx_dropped"),
            .rx_missed = number("statistics/rx_missed_errors"),
            .rx_fifo = number("statistics/rx_fifo_errors"),
            .rx_errors = number("statistics/rx_errors"),
            .rx_length_errors = number("statistics/rx_length_errors"),
            .rx_crc_errors = number("statistics/rx_crc_errors"),
            .tx_dropped = number("statistics/tx_dropped"),
            .tx_errors = number("statistics/tx_errors")};
}

/// The operational state of RFC 2863; what has no notion of one says "unknown". The file `carrier` would
/// wait for the kernel's lock.
bool KernelInterface::link_up() const {
    const auto state = read("operstate");
    if (!state || !is_up()) return false;
    return *state == "up" || *state == "unknown";
}

bool KernelInterface::is_up() const {
    return (number("flags") & IFF_UP) != 0;
}

std::uint64_t KernelInterface::times_down() const {
    return number("carrier_down_count");
}

unsigned KernelInterface::rx_queues() const {
    const int queues = openat(folder_.get(), "queues", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (queues < 0) return 0;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(fdopendir(queues), closedir);
    if (!listing) return 0;
    unsigned count = 0;
    while (const dirent* const entry = readdir(listing.get()))
        if (std::string_view(entry->d_name).starts_with("rx-")) ++count;
    return count;
}

std::uint32_t KernelInterface::mtu() const {
    return static_cast<std::uint32_t>(number("mtu"));
}

std::expected<void, Error> KernelInterface::set_up(bool up) const {
    ifreq request = request_for(name_);
    if (ioctl(socket_.get(), SIOCGIFFLAGS, &request) == 0) {
        const int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
        request.ifr_flags = static_cast<short>(flags);
        if (ioctl(socket_.get(), SIOCSIFFLAGS, &request) == 0) return {};
    }
    return std::unexpected(Error{"set", name_ + (up ? " up" : " down"), std::strerror(errno)});
}

std::expected<void, Error> KernelInterface::set_mtu(std::uint32_t mtu) const {
    ifreq request = request_for(name_);
    request.ifr_mtu = static_cast<int>(mtu);
    if (ioctl(socket_.get(), SIOCSIFMTU, &request) == 0) return {};
    return std::unexpected(
        Error{"set", "the MTU of " + name_ + " to " + std::to_string(mtu), std::strerror(errno)});
}

bool KernelInterface::ethtool(void* request) const {
    ifreq envelope = request_for(name_);
    envelope.ifr_data = static_cast<char*>(request);
    return ioctl(socket_.get(), SIOCETHTOOL, &envelope) == 0;
}

std::string KernelInterface::queue_words(unsigned count) const {
    auto channels = asked_for_channels();
    const bool separate = ethtool(&channels) && channels.max_combined == 0;
    return (separate ? "rx " : "combined ") + std::to_string(count);
}

std::expected<void, Error> KernelInterface::set_rx_queues(unsigned count) const {
    const auto failed = [&] {
        return std::unexpected(Error{"set", "the receive queues of " + name_ + " to " + std::to_string(count),
                                     std::strerror(errno)});
    };
    auto channels = asked_for_channels();
    if (!ethtool(&channels)) return failed();
    channels.cmd = ETHTOOL_SCHANNELS;
    if (channels.max_combined != 0) {
        channels.combined_count = count;
        channels.rx_count = channels.tx_count = 0;
    } else {
        channels.rx_count = count;
    }
    if (!ethtool(&channels)) return failed();
    return {};
}

KernelInterface::Features KernelInterface::features() const {
    Sized<ethtool_sset_info> size(sizeof(std::uint32_t));
    size->cmd = ETHTOOL_GSSET_INFO;
    size->sset_mask = 1ULL << ETH_SS_FEATURES;
    if (!ethtool(size.address()) || size->sset_mask == 0) return {};
    const std::uint32_t count = size->data[0];
    Sized<ethtool_gstrings> strings(std::size_t{count} * ETH_GSTRING_LEN);
    strings->cmd = ETHTOOL_GSTRINGS;
    strings->string_set = ETH_SS_FEATURES;
    strings->len = count;
    Sized<ethtool_gfeatures> blocks(blocks_of(count) * sizeof(ethtool_get_features_block));
    blocks->cmd = ETHTOOL_GFEATURES;
    blocks->size = blocks_of(count);
    if (!ethtool(strings.address()) || !ethtool(blocks.address())) return {};
    Features features;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto* const name =
            reinterpret_cast<const char*>(strings->data + std::size_t{i} * ETH_GSTRING_LEN);
        const std::uint32_t active = blocks->features[i / features_a_block].active;
        features.push_back({std::string(name, strnlen(name, ETH_GSTRING_LEN)), (active & bit_of(i)) != 0});
    }
    return features;
}

std::vector<std::string> KernelInterface::features_on(std::span<const std::string_view> beginnings) const {
    std::vector<std::string> on;
    for (const auto& [name, active] : features())
        if (active &&
            std::ranges::any_of(beginnings, [&](auto beginning) { return name.starts_with(beginning); }))
            on.push_back(name);
    return on;
}

void KernelInterface::switch_off(std::span<const std::string> names) const {
    const Features all = features();
    const auto count = static_cast<std::uint32_t>(all.size());
    Sized<ethtool_sfeatures> request(blocks_of(count) * sizeof(ethtool_set_features_block));
    request->cmd = ETHTOOL_SFEATURES;
    request->size = blocks_of(count);
    for (std::uint32_t i = 0; i < count; ++i)
        if (std::ranges::find(names, all[i].name) != names.end())
            request->features[i / features_a_block].valid |= bit_of(i);
    (void)ethtool(request.address());
}

}  // namespace honeyswitch::dataplane
