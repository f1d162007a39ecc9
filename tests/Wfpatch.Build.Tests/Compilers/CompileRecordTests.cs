// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Wfpatch.Build.Compilers;
using Xunit;

namespace Wfpatch.Build.Tests.Compilers;

public sealed class CompileRecordTests
{
    [Theory]
    [InlineData("gcc", true)]
    [InlineData("cc", true)]
    [InlineData("g++-12", true)]
    [InlineData("x86_64-linux-gnu-g++-12", true)]
    [InlineData("clang++-14", true)]
    [InlineData("c++", true)]
    [InlineData("gcc-ar", false)]
    [InlineData("c++filt", false)]
    [InlineData("clang-format", false)]
    [InlineData("c99-gcc", false)]
    [InlineData("gccgo", false)]
    public void Compilers_are_known_by_their_names(string name, bool isCompiler) => Assert.Equal(isCompiler, CompilerNames.IsCompiler(name));

    [Theory]
    [InlineData("-c a.c", "/w/a.o")]
    [InlineData("-O2 -I lib.c -c sub/a.cc -o out/b.o", "/w/out/b.o")]
    [InlineData("-c a.c -o/x/y.o", "/x/y.o")]
    [InlineData("-c a.c b.c", null)]
    [InlineData("a.c -o prog", null)]
    [InlineData("a.o -o prog", null)]
    public void The_object_of_a_call_is_told(string arguments, string? output) =>
        Assert.Equal(output, new CompileRecord("/w", "gcc", [.. arguments.Split(' ')]).Output);

    [Fact]
    public void A_record_is_whole_or_nothing()
    {
        byte[] bytes = Encoding.UTF8.GetBytes("/w\0/usr/bin/gcc\0-c\0a b.c\0");
        Assert.Equal(["-c", "a b.c"], CompileRecord.Parse(bytes)!.Arguments);
        Assert.Null(CompileRecord.Parse(bytes.AsSpan(0, bytes.Length - 1)));
        Assert.Null(CompileRecord.Parse([]));
    }

    [Fact]
    public void Dependencies_are_read_with_their_escapes() => Assert.Equal(
        ["a.c", "/usr/include/x.h", "my file.h", "cost$.h", "hash#.h"],
        DependencyFile.Parse("out/a.o: a.c /usr/include/x.h \\\n my\\ file.h cost$$.h hash\\#.h\nx.h:\n"));
}
