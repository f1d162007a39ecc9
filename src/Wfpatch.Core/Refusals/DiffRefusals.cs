// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Core.Refusals;

/// <summary>Codes 20x to 23x: comparing two builds and making a patch of the difference.</summary>
public static class DiffRefusals
{
    public static readonly RefusalKind NoDifference = new("WF201", "no-difference", "No function differs between the two builds.", "Check that the change reaches the compiled code and that the second build has it.");
    public static readonly RefusalKind NotAnObject = new("WF202", "not-an-object", "The ELF file is a linked program or library, not an object file.", "Name object files (.o), or trees that hold them.");
    public static readonly RefusalKind SharedSection = new("WF203", "shared-section", "A change lies in a section that several functions or variables share, so that it cannot be told whose it is.", "Compile both builds with -ffunction-sections -fdata-sections.");
    public static readonly RefusalKind DataChanged = new("WF204", "data-changed", "A variable's initial value, size, alignment or kind differs; the running program has its own value already.", "Leave the variable as it is, or restart the program with the new version.");
    public static readonly RefusalKind DataAdded = new("WF205", "data-added", "A new variable cannot be carried: it is aligned to more than a page, or larger than 64 MiB.", "Take memory for it when it is first used.");
    public static readonly RefusalKind DataRemoved = new("WF206", "data-removed", "A variable is gone and a new one may be the same under another name; its state in the running program would be lost.", "Keep the variable's name.");
    public static readonly RefusalKind StaticLocalRemoved = new("WF207", "static-local-removed", "A static local variable is gone and a new variable may be the same under another name; its state in the running program would be lost.", "Keep the variable's name and function.");
    public static readonly RefusalKind ThreadLocalChanged = new("WF208", "thread-local-changed", "A thread-local variable is new, gone or different.", "Leave thread-local variables as they are.");
    public static readonly RefusalKind InitializersChanged = new("WF209", "initializers-changed", "The table of functions that run at start or end differs (.init_array, .ctors); they have run already.", "Leave constructors and destructors as they are.");
    public static readonly RefusalKind RunsOnce = new("WF210", "runs-once", "A changed function runs at program start only (main, a constructor), so that a patch of it would never take effect.", "Leave the function as it is, or restart the program with the new version.");
    public static readonly RefusalKind UnknownSectionChanged = new("WF211", "unknown-section-changed", "A loaded section of unknown kind differs, is new or is gone.", "Leave what makes that section as it is.");
    public static readonly RefusalKind IndirectFunction = new("WF212", "indirect-function", "An indirect function (ifunc) differs or is needed by the new code.", "Leave indirect functions as they are.");
    public static readonly RefusalKind ExceptionTables = new("WF213", "exception-tables", "The exception table or the personality routine of new code is nothing that a patch can carry.", "Compile both builds with the compiler's default exception tables.");
    public static readonly RefusalKind ComdatGroup = new("WF214", "comdat-group", "A C++ inline function or template differs, and no object file has it in both builds, so that its old and new bodies cannot be told to be one function's.", "Call the function from a file that called it before.");
    public static readonly RefusalKind UnknownRelocation = new("WF215", "unknown-relocation", "Code or data uses a relocation that is not supported.", "Compile both builds with the ordinary code model and TLS dialect.");
    public static readonly RefusalKind SymbolChanged = new("WF216", "symbol-changed", "An alias, a weak mark, the binding, visibility or type of a symbol differs.", "Leave the declaration's linkage and attributes as they are.");
    public static readonly RefusalKind CommonChanged = new("WF217", "common-symbol-changed", "A common symbol (a tentative definition compiled with -fcommon) differs.", "Leave the variable as it is.");
    public static readonly RefusalKind Ambiguous = new("WF218", "ambiguous-variable", "Static local variables of one name cannot be told apart between the two builds.", "Give the variables different names in both builds.");
    public static readonly RefusalKind RegisterUseGrew = new("WF219", "register-use-grew", "A changed static function writes a register that the old one did not, and an unchanged caller may keep a value there (GCC's -fipa-ra).", "Compile both builds with -fno-ipa-ra, if the running program was so compiled too, or change the caller as well.");
    public static readonly RefusalKind Unanchored = new("WF220", "unanchored-symbol", "New code needs a local symbol whose address no function of the running program tells.", "Let the change do without that symbol.");
    public static readonly RefusalKind PointNotFound = new("WF221", "point-not-found", "A function that is to be a quiescence point is not in the old build, or there are several.", "Check the name.");
    public static readonly RefusalKind UnitRemoved = new("WF222", "unit-removed", "An object file of the old build has no counterpart in the new one.", "Keep the file in the new build, or name the right trees.");
    public static readonly RefusalKind SymbolMoved = new("WF223", "symbol-moved", "A global function or variable moved from one object file to another.", "Leave it in its file.");
    public static readonly RefusalKind GlobalConstantChanged = new("WF224", "global-constant-changed", "Read-only data that other object files may use differs.", "Make the data static, or leave it as it is.");
    public static readonly RefusalKind NotDecodable = new("WF225", "code-not-decodable", "A function's bytes are not all x86-64 instructions.", "Leave the function as it is.");
    public static readonly RefusalKind InteriorReference = new("WF226", "interior-reference", "Code or data points into the middle of a changed function that is not its own.", "Leave the function as it is.");
    public static readonly RefusalKind UnwindTable = new("WF227", "unwind-table", "The unwind table (.eh_frame) of new code is damaged or of an unknown form.", "Compile both builds with the compiler's default unwind tables.");
    public static readonly RefusalKind UnsupportedReference = new("WF228", "unsupported-reference", "New code refers to something that no patch can express.", "Let the change do without it.");
    public static readonly RefusalKind TypeLayoutChanged = new("WF229", "type-layout-changed", "A structure, union or class has another size or other members (told by debug information); objects in memory have the old layout.", "Leave the layout and keep new fields elsewhere, or name the type with --allow-type if no object of it outlives the change.");
    public static readonly RefusalKind VirtualFunctionsChanged = new("WF230", "virtual-functions-changed", "A class has other virtual functions; objects that exist have the old table of them.", "Add a function that is not virtual, and override none that was not overridden.");
    public static readonly RefusalKind TypeInformationChanged = new("WF231", "type-information-changed", "The type information (RTTI) of a class differs: its bases or its name.", "Leave the class's bases and name as they are.");

    public static readonly RefusalKind BadCallback = new("WF232", "bad-callback", "A callback is none that can be called: no new function of its unit, or there are too many of a kind.", "Name it with the macros of include/wfpatch-patch.h, in the file that defines it, and at most ten of a kind.");
    public static readonly RefusalKind VariableLeftOut = new("WF236", "variable-left-out", "A variable that the source has in both versions is left out by the compiler of one of them, since nothing in that version writes or reads it; its value would be lost.", "Mark the variable __attribute__((used)) in the new version where that left it out, or say with --allow-data that new code may use its initial value.");

    public static readonly RefusalKind LinkTimeOptimization = new("WF233", "link-time-optimization", "An object file is for link-time optimisation: the machine code of the program is not, or not only, in it.", "Compile both builds with -fno-lto, if the running program was made without; one that was made with it cannot be told apart into its sources' functions.");
    public static readonly RefusalKind ForeignLanguage = new("WF234", "foreign-language", "What changed was compiled from a language other than C, C++ or assembler, whose rules wfpatch does not know.", "Change the parts that are written in C or C++, or restart the program with the new version.");

    public static readonly ImmutableArray<RefusalKind> All =
    [
        NoDifference, NotAnObject, SharedSection, DataChanged, DataAdded, DataRemoved, StaticLocalRemoved, ThreadLocalChanged,
        InitializersChanged, RunsOnce, UnknownSectionChanged, IndirectFunction, ExceptionTables, ComdatGroup, UnknownRelocation,
        SymbolChanged, CommonChanged, Ambiguous, RegisterUseGrew, Unanchored, PointNotFound, UnitRemoved, SymbolMoved,
        GlobalConstantChanged, NotDecodable, InteriorReference, UnwindTable, UnsupportedReference,
        TypeLayoutChanged, VirtualFunctionsChanged, TypeInformationChanged, BadCallback, LinkTimeOptimization, ForeignLanguage, VariableLeftOut,
        .. BuildRefusals.All,
    ];
}
