// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Loads;

/// <summary>
/// Keeps one thread of an LDAP server busy for long: each search looks at every entry, since no index has what it asks for, and finds none. The answer is compared, to the byte.
/// </summary>
public sealed class ScanClient(int port) : ILoadClient
{
    private static readonly byte[] Request = Ldap.Search(1, "dc=test", ("sn", "nobody"), "cn");
    private static readonly byte[] Nothing = Ldap.Done(1);

    private readonly LineConnection _connection = new(port);

    /// <summary>So many entries that are only looked at, as LDIF.</summary>
    public static string Directory(int entries) => string.Concat(Enumerable.Range(0, entries).Select(n => $"dn: cn=x{n},dc=test\nobjectClass: person\ncn: x{n}\nsn: somebody\n\n"));

    public Reply Exchange(long number)
    {
        _connection.Send(Request);
        try
        {
            return Ldap.Read(_connection).SequenceEqual(Nothing) ? Reply.Plain : Reply.Wrong;
        }
        catch (InvalidDataException)
        {
            return Reply.Wrong;
        }
    }

    public void Dispose() => _connection.Dispose();
}
