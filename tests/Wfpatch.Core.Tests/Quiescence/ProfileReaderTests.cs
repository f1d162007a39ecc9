// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Tests.Addresses;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Core.Tests.Quiescence;

public sealed class ProfileReaderTests
{
    private const string Whole = """
        name = "server"
        executables = ["server", "server-debug"]
        below = ["main", "loop"]
        [[point]]
        function = "handle"
        reason = "a request begins"
        [[point]]
        function = "dispatch"
        library = "libloop.so.1"
        """;

    [Fact]
    public void AProfileIsReadWhole()
    {
        var (profile, refusal) = ProfileReader.Parse(Whole, "server.toml");
        Assert.Null(refusal);
        Assert.Equal("server", profile!.Name);
        Assert.Equal(["server", "server-debug"], profile.Executables);
        Assert.Equal(["main", "loop"], profile.Below);
        Assert.Equal([new ProfilePoint("handle", "", "a request begins"), new ProfilePoint("dispatch", "libloop.so.1", "")], profile.Points);
    }

    [Theory]
    [InlineData("name = \"server\"", "names no [[point]]")]
    [InlineData("[[point]]\nfunction = \"f\"", "name must be a string")]
    [InlineData("name = 1\n[[point]]\nfunction = \"f\"", "name must be a string")]
    [InlineData("name = \"n\"\n[[point]]\nlibrary = \"l\"", "function must be a string")]
    [InlineData("name = \"n\"\nexecutable = [\"e\"]\n[[point]]\nfunction = \"f\"", "executable is unknown")]
    [InlineData("name = \"n\"\n[[point]]\nfunction = \"f\"\nlib = \"l\"", "lib is unknown")]
    [InlineData("name = \"n\"\n[point]\nfunction = \"f\"", "table point is unknown")]
    [InlineData("name = \"n\"\n[[points]]\nfunction = \"f\"", "table points is unknown")]
    [InlineData("name = \"n\"\nbelow = \"main\"\n[[point]]\nfunction = \"f\"", "below must be a list")]
    [InlineData("name = \"n\"\nbelow = [1]\n[[point]]\nfunction = \"f\"", "below must be a list")]
    [InlineData("name = \"n\"\nname = \"m\"\n[[point]]\nfunction = \"f\"", "name")]
    [InlineData("name = ", "is no profile")]
    public void WhatIsWrongIsNamed(string text, string part)
    {
        var (profile, refusal) = ProfileReader.Parse(text, "bad.toml");
        Assert.Null(profile);
        Assert.Equal("bad.toml", refusal!.Subject);
        Assert.Contains(part, refusal.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Sentence);
    }

    /// <summary>Damaged text: a profile or a refusal, never an exception.</summary>
    [Fact]
    public void DamagedTextDoesNoHarm() =>
        Seeded.Check(Gen.Select(Gen.Int[0, Whole.Length - 1], Gen.Int[0, 9], Gen.OneOf(Gen.String[0, 4], Gen.Const("\""), Gen.Const("["), Gen.Const("\nname = 1\n"), Gen.Const("="))).Array[1, 4], 2_000, changes =>
        {
            string text = Whole;
            foreach (var (at, length, inserted) in changes.OrderByDescending(c => c.Item1))
            {
                text = text.Remove(at, Math.Min(length, text.Length - at)).Insert(at, inserted);
            }
            var (profile, refusal) = ProfileReader.Parse(text, "damaged.toml");
            Assert.True(profile is null != refusal is null);
        });

    [Fact]
    public void ShippedProfilesAreRead()
    {
        foreach (string file in Directory.EnumerateFiles(RepositoryRoot.Combine("profiles"), "*.toml"))
        {
            var (profile, refusal) = ProfileReader.Parse(File.ReadAllText(file), Path.GetFileName(file));
            Assert.Null(refusal);
            Assert.Equal(Path.GetFileNameWithoutExtension(file), profile!.Name);
            Assert.NotEmpty(profile.Executables);
            Assert.All(profile.Points, p => Assert.NotEmpty(p.Reason));
        }
    }
}
