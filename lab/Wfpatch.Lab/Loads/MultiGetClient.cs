// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Wfpatch.Lab.Loads;

/// <summary>
/// Keeps one thread of memcached busy for long: each request asks for thousands of keys in one line, which one call of its parser answers. The whole answer is compared.
/// </summary>
public sealed class MultiGetClient : ILoadClient
{
    private const int Keys = 500, ValueLength = 8, Piece = 8192;

    private readonly LineConnection _connection;
    private readonly byte[] _request;
    private readonly byte[] _answer;

    /// <param name="gets">How many keys each request asks for; each of the few that there are comes again and again.</param>
    public MultiGetClient(int port, int gets)
    {
        _connection = new(port);
        foreach (int key in Enumerable.Range(0, Keys))
        {
            _connection.Send(Encoding.ASCII.GetBytes($"set {Key(key)} 0 0 {ValueLength}\r\n{Value(key)}\r\n"));
            if (!_connection.ReadLine().SequenceEqual("STORED"u8))
            {
                throw new InvalidDataException("a value was not stored");
            }
        }
        IEnumerable<int> asked = Enumerable.Range(0, gets).Select(get => get % Keys);
        _request = Encoding.ASCII.GetBytes($"get {string.Join(' ', asked.Select(Key))}\r\n");
        _answer = Encoding.ASCII.GetBytes(string.Concat(asked.Select(key => $"VALUE {Key(key)} 0 {ValueLength}\r\n{Value(key)}\r\n")) + "END\r\n");
    }

    public Reply Exchange(long number)
    {
        _connection.Send(_request);
        bool right = true;
        for (int at = 0; at < _answer.Length; at += Piece)
        {
            ReadOnlySpan<byte> wanted = _answer.AsSpan(at, Math.Min(Piece, _answer.Length - at));
            right &= _connection.ReadBytes(wanted.Length).SequenceEqual(wanted);
        }
        return right ? Reply.Plain : Reply.Wrong;
    }

    public void Dispose() => _connection.Dispose();

    private static string Key(int key) => $"long{key}";

    private static string Value(int key) => $"{key}".PadLeft(ValueLength, '.');
}
