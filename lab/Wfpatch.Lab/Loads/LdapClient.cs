// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Lab.Loads;

/// <summary>
/// A client of an LDAP server that holds people below dc=test. Each search has one right answer, to the byte; one request in eight
/// asks for the root entry, which shows the patch.
/// </summary>
public sealed class LdapClient : ILoadClient
{
    /// <summary>People in the directory, from uid=u0 on.</summary>
    public const int People = 200;

    private const string RootAttribute = "structuralObjectClass";
    private const byte HighestNumber = 120;

    private static readonly ImmutableArray<(byte[] Request, byte[] Entry)> Searches =
        [.. Enumerable.Range(0, People).Select(n => (Ldap.Search(1, "dc=test", ("uid", $"u{n}"), "cn"), Ldap.Entry(1, $"uid=u{n},dc=test", "cn", CommonName(n))))];

    private static readonly byte[] AskRoot = Ldap.Search(1, "", null, RootAttribute);
    private static readonly byte[] End = Ldap.Done(1);

    private readonly LineConnection _connection;
    private readonly byte[] _oldRoot;
    private readonly byte[] _newRoot;

    /// <param name="oldRoot">What the root entry's structuralObjectClass is without the patch.</param>
    /// <param name="newRoot">And with it.</param>
    public LdapClient(int port, string oldRoot, string newRoot)
    {
        _connection = new(port);
        _oldRoot = Ldap.Entry(1, "", RootAttribute, oldRoot);
        _newRoot = Ldap.Entry(1, "", RootAttribute, newRoot);
    }

    /// <summary>The directory as LDIF.</summary>
    public static string Directory { get; } = "dn: dc=test\nobjectClass: dcObject\nobjectClass: organization\ndc: test\no: test\n\n"
        + string.Concat(Enumerable.Range(0, People).Select(n => $"dn: uid=u{n},dc=test\nobjectClass: inetOrgPerson\nuid: u{n}\nsn: s{n}\ncn: {CommonName(n)}\n\n"));

    public Reply Exchange(long number)
    {
        byte id = (byte)((number % HighestNumber) + 1);
        return number % 8 == 7 ? ExchangeRoot(id) : ExchangeSearch(id, Searches[(int)(number % People)]);
    }

    /// <summary>The root entry's value.</summary>
    /// <exception cref="InvalidDataException">Something else came back.</exception>
    public string ReadRoot()
    {
        _connection.Send(AskRoot);
        string value = Ldap.Value(Ldap.Read(_connection)) ?? throw new InvalidDataException("no entry came back");
        return IsRight(Ldap.Read(_connection), End, 1) ? value : throw new InvalidDataException("the search of the root entry has no end");
    }

    /// <summary>A search that gives no entry: its result.</summary>
    public string Search(string dn)
    {
        _connection.Send(Ldap.Search(1, dn, ("uid", "u5"), "cn"));
        return Ldap.Result(Ldap.Read(_connection)) ?? throw new InvalidDataException("no result came back");
    }

    public void Dispose() => _connection.Dispose();

    private static string CommonName(int person) => $"person number {person}";

    private Reply ExchangeRoot(byte id)
    {
        Send(AskRoot, id);
        ReadOnlySpan<byte> entry = Ldap.Read(_connection);
        Reply reply = IsRight(entry, _oldRoot, id) ? Reply.Old : IsRight(entry, _newRoot, id) ? Reply.New : Reply.Wrong;
        return HasEnd(reply, entry, id) ? reply : Reply.Wrong;
    }

    private Reply ExchangeSearch(byte id, (byte[] Request, byte[] Entry) search)
    {
        Send(search.Request, id);
        ReadOnlySpan<byte> entry = Ldap.Read(_connection);
        Reply reply = IsRight(entry, search.Entry, id) ? Reply.Plain : Reply.Wrong;
        return HasEnd(reply, entry, id) ? reply : Reply.Wrong;
    }

    /// <summary>Reads the end of a search, unless it came in place of the entry.</summary>
    private bool HasEnd(Reply reply, ReadOnlySpan<byte> entry, byte id) =>
        !(reply == Reply.Wrong && Ldap.Result(entry) is not null) && IsRight(Ldap.Read(_connection), End, id);

    private void Send(byte[] request, byte id)
    {
        Span<byte> message = stackalloc byte[request.Length];
        request.CopyTo(message);
        message[Ldap.NumberAt] = id;
        _connection.Send(message);
    }

    /// <summary>Whether these are the bytes, but for the number, which must be this one.</summary>
    private static bool IsRight(ReadOnlySpan<byte> message, byte[] wanted, byte id) =>
        message.Length == wanted.Length && message[Ldap.NumberAt] == id
        && message[..Ldap.NumberAt].SequenceEqual(wanted.AsSpan(0, Ldap.NumberAt)) && message[(Ldap.NumberAt + 1)..].SequenceEqual(wanted.AsSpan(Ldap.NumberAt + 1));
}
