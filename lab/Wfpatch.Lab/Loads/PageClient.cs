// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;
using System.Net.Sockets;
using System.Text;

namespace Wfpatch.Lab.Loads;

/// <summary>What a client of an HTTP server (RFC 9112) sends again and again, and what must come back.</summary>
/// <param name="Path">What is asked for.</param>
/// <param name="Headers">More lines of the request, each with its end.</param>
/// <param name="OldServer">The header Server without the patch; null: it is not looked at.</param>
/// <param name="NewServer">And with it.</param>
/// <param name="OldBody">The content without the patch.</param>
/// <param name="NewBody">And with it. Where nothing differs, a reply tells nothing of versions.</param>
public sealed record HttpDialogue(string Path, string Headers, string? OldServer, string? NewServer, string OldBody, string NewBody);

/// <summary>What a server has answered.</summary>
public sealed record HttpAnswer(string Status, string Server, string Body);

/// <summary>A client of an HTTP server, on one connection that is kept. Status, header and content of each reply are checked to the byte.</summary>
public sealed class PageClient : ILoadClient
{
    private readonly LineConnection _connection;
    private readonly byte[] _request;
    private readonly byte[]? _oldServer;
    private readonly byte[]? _newServer;
    private readonly byte[] _oldBody;
    private readonly byte[] _newBody;

    public PageClient(int port, HttpDialogue dialogue)
    {
        _request = Request(dialogue.Path, dialogue.Headers);
        _oldServer = Bytes(dialogue.OldServer);
        _newServer = Bytes(dialogue.NewServer);
        _oldBody = Encoding.UTF8.GetBytes(dialogue.OldBody);
        _newBody = Encoding.UTF8.GetBytes(dialogue.NewBody);
        _connection = new(port);
    }

    /// <summary>One request on a connection of its own.</summary>
    /// <exception cref="SocketException">The connection was lost.</exception>
    public static HttpAnswer Ask(int port, string path, string headers = "")
    {
        using LineConnection connection = new(port);
        connection.Send(Request(path, headers));
        string status = Encoding.UTF8.GetString(connection.ReadLine());
        string server = "";
        int length = 0;
        for (ReadOnlySpan<byte> line; !(line = connection.ReadLine()).IsEmpty;)
        {
            if (HasName(line, "Server"u8))
            {
                server = Encoding.UTF8.GetString(ValueOf(line, "Server"u8));
            }
            else if (HasName(line, "Content-Length"u8))
            {
                _ = Utf8Parser.TryParse(ValueOf(line, "Content-Length"u8), out length, out _);
            }
        }
        return new(status, server, Encoding.UTF8.GetString(connection.ReadBytes(length)));
    }

    public Reply Exchange(long number)
    {
        _connection.Send(_request);
        bool right = _connection.ReadLine().SequenceEqual("HTTP/1.1 200 OK"u8);
        bool isOld = true, isNew = true;
        int length = -1;
        for (ReadOnlySpan<byte> line; !(line = _connection.ReadLine()).IsEmpty;)
        {
            if (_oldServer is not null && HasName(line, "Server"u8))
            {
                isOld = ValueOf(line, "Server"u8).SequenceEqual(_oldServer);
                isNew = ValueOf(line, "Server"u8).SequenceEqual(_newServer);
            }
            else if (HasName(line, "Content-Length"u8))
            {
                right &= Utf8Parser.TryParse(ValueOf(line, "Content-Length"u8), out length, out _);
            }
        }
        if (!right || length < 0)
        {
            return Reply.Wrong;
        }
        ReadOnlySpan<byte> body = _connection.ReadBytes(length);
        bool hasOld = isOld && body.SequenceEqual(_oldBody), hasNew = isNew && body.SequenceEqual(_newBody);
        return hasOld && hasNew ? Reply.Plain : hasOld ? Reply.Old : hasNew ? Reply.New : Reply.Wrong;
    }

    public void Dispose() => _connection.Dispose();

    private static byte[] Request(string path, string headers) => Encoding.UTF8.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");

    private static byte[]? Bytes(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);

    internal static bool HasName(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && line[name.Length] == (byte)':' && Ascii.EqualsIgnoreCase(line[..name.Length], name);

    internal static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) => line[(name.Length + 1)..].Trim((byte)' ');
}
