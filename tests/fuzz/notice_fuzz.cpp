// Any octets as a notice of either direction, as the plaintext of an association would be: what is accepted
// has this one encoding. The same octets as a datagram: never accepted.
#include <algorithm>
#include <cstdlib>

#include "agent/wire/notice.hpp"

namespace {

using namespace honeyswitch;
using namespace honeyswitch::agent;

template <typename Notice>
void check(const std::expected<Notice, Refusal>& notice, Bytes octets) {
    if (notice && !std::ranges::equal(encode(*notice), octets)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes octets(data, size);
    check(decode_agent_notice(octets), octets);
    check(decode_controller_notice(octets), octets);

    static const Key key{1};
    static Association association(Association::Role::controller, key, {});
    (void)claimed_agent(octets);
    if (const auto kind = kind_of(octets)) {
        if (open_hello(octets, key) || open_welcome(octets, key) || open_confirm(octets, key)) std::abort();
        if (association.open(octets)) std::abort();
    }
    return 0;
}
