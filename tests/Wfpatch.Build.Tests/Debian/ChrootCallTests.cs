// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Compilers;
using Wfpatch.Build.Debian;
using Xunit;

namespace Wfpatch.Build.Tests.Debian;

/// <summary>A compiler's call that was seen in a clean system, made on the host.</summary>
public sealed class ChrootCallTests
{
    [Theory]
    [InlineData("/build/x/one.c", "/w/x/one.c")]
    [InlineData("-I/build/x/include", "-I/w/x/include")]
    [InlineData("-ffile-prefix-map=/build/x=.", "-ffile-prefix-map=/w/x=.")]
    [InlineData("-I/usr/include/apr-1.0", "-I=/usr/include/apr-1.0")]
    [InlineData("-I../debian/build/include", "-I../debian/build/include")]
    [InlineData("-DDIR=\"/etc\"", "-DDIR=\"/etc\"")]
    [InlineData("-I/builder/include", "-I=/builder/include")]
    public void Its_words_lead_to_the_same_files(string inside, string outside) => Assert.Equal([outside], Move(inside)[1..]);

    [Fact]
    public void Headers_are_those_of_the_system()
    {
        Assert.Equal(["--sysroot=/r", "-isystem", "=/usr/include/y", "-include", "/build.h"], Move("-isystem", "/usr/include/y", "-include", "/build.h"));
        Assert.Equal("/w/x/server", Chroot.Outside("/r", "/w", new CompileRecord("/build/x/server", "/usr/bin/gcc", [])).Folder);
    }

    private static string[] Move(params string[] words) => [.. Chroot.Outside("/r", "/w", new CompileRecord("/build/x", "/usr/bin/gcc", [.. words])).Arguments];
}
