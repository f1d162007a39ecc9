// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;
using System.Text;

namespace Wfpatch.Lab.Loads;

/// <summary>
/// A client of an HTTP server behind a slow line: it reads a large file piece by piece, with a pause after each, so that the server has it to send for long. Each piece is compared.
/// </summary>
public sealed class DownloadClient(int port, string path, int pieces, TimeSpan pause) : ILoadClient
{
    /// <summary>Of a file, in bytes.</summary>
    public const int PieceLength = 8192;

    private readonly LineConnection _connection = new(port);
    private readonly byte[] _request = Encoding.UTF8.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    private readonly byte[] _wanted = new byte[PieceLength];

    /// <summary>Piece number <paramref name="number"/> of a file, which is like no other.</summary>
    /// <param name="into"><see cref="PieceLength"/> bytes.</param>
    public static void Write(int number, Span<byte> into)
    {
        for (int i = 0; i < into.Length; i++)
        {
            into[i] = (byte)('a' + ((number + i + (i / 251)) % 26));
        }
        _ = Utf8Formatter.TryFormat(number, into, out _);
    }

    public Reply Exchange(long number)
    {
        _connection.Send(_request);
        bool right = _connection.ReadLine().SequenceEqual("HTTP/1.1 200 OK"u8);
        int length = -1;
        for (ReadOnlySpan<byte> line; !(line = _connection.ReadLine()).IsEmpty;)
        {
            if (PageClient.HasName(line, "Content-Length"u8))
            {
                right &= Utf8Parser.TryParse(PageClient.ValueOf(line, "Content-Length"u8), out length, out _);
            }
        }
        if (!right || length != pieces * PieceLength)
        {
            return Reply.Wrong;
        }
        for (int piece = 0; piece < pieces; piece++)
        {
            Write(piece, _wanted);
            right &= _connection.ReadBytes(PieceLength).SequenceEqual(_wanted);
            Thread.Sleep(pause);
        }
        return right ? Reply.Plain : Reply.Wrong;
    }

    public void Dispose() => _connection.Dispose();
}
