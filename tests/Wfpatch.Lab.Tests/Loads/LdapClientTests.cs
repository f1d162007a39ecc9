// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Lab.Loads;
using Xunit;

namespace Wfpatch.Lab.Tests.Loads;

/// <summary>Searches in LDAP and what is made of their answers (RFC 4511).</summary>
public sealed class LdapClientTests
{
    [Fact]
    public void A_search_of_the_root_entry_is_these_bytes()
    {
        const string Wanted = "3029020107632404000a01000a0100020100020100010100870b6f626a656374436c61737330040402636e";
        Assert.Equal(Wanted, Convert.ToHexStringLower(Ldap.Search(7, "", null, "cn")));
    }

    [Fact]
    public void A_search_for_a_value_has_it_in_its_filter() =>
        Assert.EndsWith("a309" + "0403756964" + "04027535" + "3004" + "0402636e", Convert.ToHexStringLower(Ldap.Search(1, "dc=test", ("uid", "u5"), "cn")), StringComparison.Ordinal);

    [Fact]
    public void Values_and_results_are_read()
    {
        Assert.Equal("some one", Ldap.Value(Ldap.Entry(1, "uid=u1,dc=test", "cn", "some one")));
        Assert.Null(Ldap.Value(Ldap.Done(1)));
        Assert.Equal("0", Ldap.Result(Ldap.Done(1)));
        Assert.Null(Ldap.Result(Ldap.Entry(1, "", "cn", "x")));
        Assert.Equal("53 no", Ldap.Result(Convert.FromHexString("300e" + "020101" + "6509" + "0a0135" + "0400" + "0402" + "6e6f")));
    }

    [Fact]
    public void Right_entries_are_right_in_either_version()
    {
        using ScriptedServer server = new([Person(1, 0, "person number 0"), Root(8, "old"), Root(16, "new"), Root(24, "other")]);
        using LdapClient client = new(server.Port, "old", "new");
        Assert.Equal([Reply.Plain, Reply.Old, Reply.New, Reply.Wrong], [client.Exchange(0), client.Exchange(7), client.Exchange(15), client.Exchange(23)]);
    }

    [Fact]
    public void Another_value_another_number_and_no_entry_are_wrong_and_the_next_one_is_right()
    {
        using ScriptedServer server = new([Person(1, 0, "person number 9"), Person(9, 1, "person number 1"), Ldap.Done(3), Person(4, 3, "person number 3")]);
        using LdapClient client = new(server.Port, "old", "new");
        Assert.Equal([Reply.Wrong, Reply.Wrong, Reply.Wrong, Reply.Plain], Enumerable.Range(0, 4).Select(number => client.Exchange(number)));
    }

    [Fact]
    public void The_directory_holds_the_people_that_are_searched_for()
    {
        Assert.Contains("dn: uid=u199,dc=test\n", LdapClient.Directory, StringComparison.Ordinal);
        Assert.Contains("cn: person number 199\n", LdapClient.Directory, StringComparison.Ordinal);
    }

    private static byte[] Person(byte number, int person, string name) => [.. Ldap.Entry(number, $"uid=u{person},dc=test", "cn", name), .. Ldap.Done(number)];

    private static byte[] Root(byte number, string value) => [.. Ldap.Entry(number, "", "structuralObjectClass", value), .. Ldap.Done(number)];
}
