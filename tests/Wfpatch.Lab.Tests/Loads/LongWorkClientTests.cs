// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Wfpatch.Lab.Loads;
using Xunit;

namespace Wfpatch.Lab.Tests.Loads;

/// <summary>Clients whose requests take long compare the whole answer.</summary>
public sealed class LongWorkClientTests
{
    private const string First = "VALUE long0 0 8\r\n.......0\r\n", Second = "VALUE long1 0 8\r\n.......1\r\n";

    [Fact]
    public void Each_value_must_be_the_one_that_was_stored()
    {
        IEnumerable<string> stored = Enumerable.Repeat("STORED\r\n", 500);
        using ScriptedServer server = new([.. stored, $"{First}{Second}END\r\n", $"{First}{First}END\r\n", $"{Second}{First}END\r\n"]);
        using MultiGetClient client = new(server.Port, gets: 2);
        Assert.Equal([Reply.Plain, Reply.Wrong, Reply.Wrong], Enumerable.Range(0, 3).Select(number => client.Exchange(number)));
    }

    [Fact]
    public void What_is_not_stored_is_not_asked_for()
    {
        using ScriptedServer server = new("SERVER_ERROR out of memory storing object\r\n");
        Assert.Throws<InvalidDataException>(() => new MultiGetClient(server.Port, gets: 2));
    }

    [Fact]
    public void A_statement_must_give_its_answer()
    {
        using ScriptedServer server = MariaDbClientTests.ServerOf("slept 0", "slept 1", null);
        using StatementClient client = new(server.Port, "select concat('slept ', sleep(0.4))", "slept 0");
        Assert.Equal([Reply.Plain, Reply.Wrong, Reply.Wrong], Enumerable.Range(0, 3).Select(number => client.Exchange(number)));
    }

    [Fact]
    public void A_scan_must_find_nothing_and_end_well()
    {
        byte[] limitExceeded = Ldap.Done(1);
        limitExceeded[9] = 3; // RFC 4511, appendix A: timeLimitExceeded
        using ScriptedServer server = new([Ldap.Done(1), limitExceeded]);
        using ScanClient client = new(server.Port);
        Assert.Equal([Reply.Plain, Reply.Wrong], Enumerable.Range(0, 2).Select(number => client.Exchange(number)));
        Assert.EndsWith("dn: cn=x1,dc=test\nobjectClass: person\ncn: x1\nsn: somebody\n\n", ScanClient.Directory(2), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_piece_of_a_download_must_be_its_own()
    {
        using ScriptedServer server = new([Download(0, 1), Download(1, 0), Download(0), "HTTP/1.1 404 Not Found\r\nContent-Length: 16384\r\n\r\n"u8.ToArray()]);
        using DownloadClient client = new(server.Port, "/large", 2, TimeSpan.Zero);
        Assert.Equal([Reply.Plain, Reply.Wrong, Reply.Wrong, Reply.Wrong], Enumerable.Range(0, 4).Select(number => client.Exchange(number)));

        static byte[] Download(params int[] pieces) => [
            .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {pieces.Length * DownloadClient.PieceLength}\r\n\r\n"),
            .. pieces.SelectMany(Piece)];

        static byte[] Piece(int number)
        {
            byte[] piece = new byte[DownloadClient.PieceLength];
            DownloadClient.Write(number, piece);
            return piece;
        }
    }
}
