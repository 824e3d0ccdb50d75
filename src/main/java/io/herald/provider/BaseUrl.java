package io.herald.provider;

import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The address of another program that Herald trusts with something: https, unless it is on this machine. */
public final class BaseUrl {

    /** What is wrong with an address that is not {@link #isProtected}. */
    public static final String PROTECTED = "must be https (http is for a loopback host only)";

    private static final Pattern ADDRESS = Pattern.compile(
            "(?<scheme>https?)(:(//)?((?<host>\\[[0-9A-Fa-f:.]+]|[^/?:@\\[]+)(:[0-9]+)?)?([/?].*)?)?", Pattern.DOTALL);

    private BaseUrl() {}

    /** Tells, without the address, what is wrong with that of a property, if anything is. */
    public static void check(String property, String url, List<String> mistakes) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            mistakes.add(property + ": not a URL");
            return;
        }
        if (uri.getHost() == null || uri.getQuery() != null || uri.getUserInfo() != null || url.endsWith("/")) {
            mistakes.add(
                    property + ": must be a base URL with a host, without credentials, a query or a slash at its end");
        } else if (!isProtected(url)) {
            mistakes.add(property + ": " + PROTECTED);
        }
    }

    /** Whether nobody on the way can read what is sent there; what stands behind the host does not matter. */
    public static boolean isProtected(String url) {
        Matcher address = ADDRESS.matcher(url);
        return address.matches()
                && (address.group("scheme").equals("https")
                        || address.group("host") != null && isLoopback(address.group("host")));
    }

    private static boolean isLoopback(String host) {
        boolean literal = host.startsWith("[") || host.matches("[0-9.]+");
        if (!literal) {
            return host.equals("localhost");
        }
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
