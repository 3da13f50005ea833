package dev.freshet.query.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** Requests byte by byte, also such as no HTTP client sends. */
public final class RawRequest {

    /**
     * What came back until the server closed the connection.
     *
     * @param status 0 if nothing came
     * @param head the status line and the headers
     */
    public record Answer(int status, String head, String body) {}

    private RawRequest() {}

    /** Sends characters, each as one byte, and waits for the whole answer. */
    public static Answer send(int port, String request) throws IOException {
        return send(port, request.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends bytes and waits until the server closes the connection. */
    public static Answer send(int port, byte[] request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(20_000);
            try {
                socket.getOutputStream().write(request);
                socket.getOutputStream().flush();
            } catch (SocketException e) {
                // The server has answered and closed before it had everything.
            }
            return read(socket);
        }
    }

    /** Reads until the server closes the connection. */
    public static Answer read(Socket socket) throws IOException {
        var all = new ByteArrayOutputStream();
        try {
            socket.getInputStream().transferTo(all);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the server neither answers nor closes; so far: " + all, e);
        } catch (SocketException e) {
            // A reset; what came before it counts.
        }
        String text = all.toString(StandardCharsets.UTF_8);
        int end = text.indexOf("\r\n\r\n");
        if (end < 0) {
            return new Answer(0, text, "");
        }
        return new Answer(
                Integer.parseInt(text.replaceFirst("(?s)^HTTP/1\\.[01] (\\d{3}).*", "$1")),
                text.substring(0, end),
                text.substring(end + 4));
    }

    /** A GET whose connection is closed after it. */
    public static String get(String path, String... headers) {
        return "GET " + path + " HTTP/1.1\r\n" + withHost(headers) + "Connection: close\r\n\r\n";
    }

    /** A POST of JSON whose connection is closed after it. */
    public static String post(String path, String body, String... headers) {
        return "POST " + path + " HTTP/1.1\r\n" + withHost(headers)
                + "Content-Type: application/json\r\nConnection: close\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    private static String withHost(String... headers) {
        String all = String.join("\r\n", headers) + (headers.length == 0 ? "" : "\r\n");
        return all.contains("Host: ") ? all : "Host: 127.0.0.1\r\n" + all;
    }
}
