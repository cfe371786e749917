// Any line as one of sshd's; and any user, method and certificate in the lines that sshd writes: no other
// source than the true one may ever be found to have failed.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "control/lists/auth_log.hpp"

namespace {

using honeyswitch::control::failed_login;

/// As sshd cuts its messages off, and encodes what is not printable.
void must_be_true(const std::string& message) {
    const auto login = failed_login("Nov 23 10:00:00 gate sshd[1]: " + message.substr(0, 1023));
    if (login && (login->address.value != 0xc0000201 || login->port != 4711)) std::abort();
}

std::string printable(std::string text, std::size_t longest) {
    std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '_');
    text.resize(std::min(text.size(), longest));
    return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto login = failed_login(text); login && login->times == 0) std::abort();

    // Whatever another program says: nothing in it is sshd's.
    for (const std::string_view before :
         {"Nov 23 10:00:00 gate vsftpd[1]: ", "[   12.345678] gate app: ", "su: ", "gate nginx.service[1]: "})
        if (honeyswitch::control::sshd_message(std::string(before) + text)) std::abort();

    const auto half = text.find('\n');
    const auto user = printable(text.substr(0, half), 100);
    const auto more = half == std::string::npos ? "" : printable(text.substr(half + 1), 2000);
    for (const std::string_view address : {"192.0.2.1", "2001:db8::1"}) {
        const auto place = std::string(address) + " port 4711";
        for (const auto& who : {user, "invalid user " + user}) {
            for (const auto& method :
                 {std::string("password"), std::string("keyboard-interactive/pam"), more})
                must_be_true("Failed " + method + " for " + who + " from " + place + " ssh2");
            must_be_true("Failed publickey for " + who + " from " + place + " ssh2: RSA-CERT SHA256:a ID " +
                         more + " (serial 0) CA RSA SHA256:b");
            must_be_true("error: maximum authentication attempts exceeded for " + who + " from " + place +
                         " ssh2 [preauth]");
            must_be_true("message repeated 2 times: [ Failed password for " + who + " from " + place +
                         " ssh2]");
        }
        must_be_true("Invalid user " + user + " from " + place);
        must_be_true("Connection closed by invalid user " + user + " " + place + " [preauth]");
        must_be_true("Disconnected from authenticating user " + user + " " + place + " [preauth]");
        must_be_true("Received disconnect from " + place + ":11: " + more + " [preauth]");
    }
    return 0;
}
