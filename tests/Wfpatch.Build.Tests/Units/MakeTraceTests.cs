// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Units;
using Xunit;

namespace Wfpatch.Build.Tests.Units;

public sealed class MakeTraceTests
{
    [Fact]
    public void Calls_are_found_in_their_folders_behind_whatever_starts_them()
    {
        const string Trace = """
            make: Entering directory '/t'
            echo cc -c said.c
            cc -O2 \
            	-c one.c -o one.o && touch one.done
            make[1]: Entering directory '/t/lib'
            /bin/sh ../libtool --mode=compile x86-gcc -DX='"a b"' -c two.c
            make[1]: Leaving directory '/t/lib'
            cc -o program one.o
            c++ -c three.cc
            make: Leaving directory '/t'
            """;
        var calls = MakeTrace.Read(Trace.Split('\n'), w => w is "cc" or "c++" or "x86-gcc" ? "/usr/bin/" + w : null);
        Assert.Equal(["/t/one.o", "/t/lib/two.o", "/t/three.o"], calls.Select(c => c.Output));
        Assert.Contains("-DX=\"a b\"", calls[1].Arguments);
        Assert.Equal("/usr/bin/x86-gcc", calls[1].Compiler);
    }

    [Fact]
    public void What_several_did_at_once_is_not_guessed_at()
    {
        const string Trace = """
            make[1]: Entering directory '/t'
            make[2]: Entering directory '/t/one'
            make[2]: Entering directory '/t/two'
            cc -c whose.c
            make[2]: Leaving directory '/t/one'
            make[2]: Leaving directory '/t/two'
            make[1]: Leaving directory '/t'
            """;
        var problem = Assert.Throws<InvalidOperationException>(() => MakeTrace.Read(Trace.Split('\n'), w => w == "cc" ? w : null));
        Assert.Contains("/t/one", problem.Message, StringComparison.Ordinal);
        Assert.Contains("-j1", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_that_libtool_makes_for_shared_libraries_are_position_independent()
    {
        const string Trace = """
            make: Entering directory '/t'
            sh libtool --tag=disable-static --mode=compile cc -O2 -c module.c
            sh libtool --mode=compile cc -O2 -prefer-pic -c other.c && touch other.slo
            sh libtool --mode=compile cc -O2 -c both.c
            sh libtool --mode=compile cc -O2 -prefer-non-pic -static -c program.c
            cc -shared -c plain.c
            """;
        var calls = MakeTrace.Read(Trace.Split('\n'), w => w == "cc" ? w : null);
        Assert.Equal(["-O2 -c module.c -fPIC -DPIC", "-O2 -c other.c -fPIC -DPIC", "-O2 -c both.c -fPIC -DPIC", "-O2 -c program.c", "-shared -c plain.c"], calls.Select(c => string.Join(' ', c.Arguments)));
    }
}
