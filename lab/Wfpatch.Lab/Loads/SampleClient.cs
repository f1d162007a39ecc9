// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Text;

namespace Wfpatch.Lab.Loads;

/// <summary>
/// A client of the sample server. Checks the value, which is computed here a second time, and reads off each reply which
/// version served each of the four steps.
/// </summary>
public sealed class SampleClient(int port) : ILoadClient
{
    private const int Steps = 4;
    private const int FirstVersion = 1;
    private static readonly byte[][] Values =
        ["amber"u8.ToArray(), "birch"u8.ToArray(), "cedar"u8.ToArray(), "dune"u8.ToArray(), "ember"u8.ToArray(), "fjord"u8.ToArray(), "grove"u8.ToArray(), "heath"u8.ToArray()];

    private readonly LineConnection _connection = new(port);
    private readonly byte[] _request = new byte[64];

    public Reply Exchange(long number)
    {
        Span<byte> request = _request;
        "get key"u8.CopyTo(request);
        Utf8Formatter.TryFormat(number % 1000, request[7..], out int digits);
        request[7 + digits] = (byte)'\n';
        _connection.Send(request[..(8 + digits)]);
        return Judge(request.Slice(4, 3 + digits), _connection.ReadLine());
    }

    /// <summary>What a reply line says about a request for this key.</summary>
    public static Reply Judge(ReadOnlySpan<byte> key, ReadOnlySpan<byte> line)
    {
        int version = 0;
        bool mixed = false;
        for (int step = 0; step < Steps; step++)
        {
            if (line.Length < 3 || line[0] != 'v' || !Utf8Parser.TryParse(line[1..], out int served, out int digits)
                || line.Length < digits + 2 || line[digits + 1] != ' ')
            {
                return Reply.Wrong;
            }
            mixed |= step > 0 && served != version;
            version = served;
            line = line[(digits + 2)..];
        }
        return !IsRightText(key, line) ? Reply.Wrong : mixed ? Reply.Mixed : version == FirstVersion ? Reply.Old : Reply.New;
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>"VALUE score=N", and what later versions add after a space.</summary>
    private static bool IsRightText(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text)
    {
        byte[] value = Values[Hash(key) % (uint)Values.Length];
        if (!text.StartsWith(value) || !text[value.Length..].StartsWith(" score="u8))
        {
            return false;
        }
        text = text[(value.Length + " score="u8.Length)..];
        return Utf8Parser.TryParse(text, out uint score, out int digits) && score == Score(value)
            && (text.Length == digits || text[digits] == ' ');
    }

    /// <summary>FNV-1a, 32 bits.</summary>
    private static uint Hash(ReadOnlySpan<byte> key)
    {
        uint hash = 2166136261;
        foreach (byte letter in key)
        {
            hash = (hash ^ letter) * 16777619;
        }
        return hash;
    }

    private static uint Score(ReadOnlySpan<byte> value)
    {
        uint score = 0;
        foreach (byte letter in value)
        {
            score = (score * 31) + letter;
        }
        return score % 1000;
    }
}
