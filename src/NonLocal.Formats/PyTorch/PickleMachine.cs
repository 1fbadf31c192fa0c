using System.Numerics;
using static NonLocal.Formats.PyTorch.PickleOpcode;

namespace NonLocal.Formats.PyTorch;

/// <summary>
/// Reads a pickle as data: dictionaries, lists, numbers, texts, tensors. A pickle is a program for a small stack machine that can call
/// anything; this one runs the instructions that build data, knows a short list of names, and refuses every other.
/// </summary>
internal sealed class PickleMachine(PickleInput input, StorageTable storages)
{
    private const int DeepestStack = 10_000;
    private const int MostMemos = 1_000_000;
    private const int NewestProtocol = 5;
    private const int SmallNumbers = 256;

    // Bytes that are more are the numbers of an array, which are read when they are asked for.
    private const int LongBytes = 4096;

    // What things cost in memory, roughly: objects with their place in a list or dictionary.
    private const int ItemBytes = 16;
    private const int MemoBytes = 64;
    private const int NumberBytes = 24;
    private const int ContainerBytes = 256;
    private const int EntryBytes = 96;

    private static readonly object True = true;
    private static readonly object False = false;
    private static readonly object[] Small = [.. Enumerable.Range(0, SmallNumbers).Select(static number => (object)(long)number)];
    private static readonly CheckpointList EmptyTuple = new([], isTuple: true);

    private readonly PickleCalls calls = new(input);
    private readonly List<object?> stack = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<int, object?> memos = [];

    /// <summary>Runs the pickle to its end.</summary>
    /// <returns>What it describes: not yet checked for depth, cycles and left-over names.</returns>
    public object? Run()
    {
        if (input.ReadByte() != Protocol || input.ReadByte() > NewestProtocol)
        {
            throw input.Error($"this is not a pickle of protocol 2 to {NewestProtocol}; expected a file of torch.save");
        }

        for (byte opcode = input.ReadByte(); opcode != Stop; opcode = input.ReadByte())
        {
            if (!ReadNumber(opcode) && !ReadText(opcode) && !MakeContainer(opcode) && !ChangeContainer(opcode)
                && !UseStack(opcode) && !UseMemo(opcode) && !UseName(opcode))
            {
                throw input.Error(
                    $"the instruction 0x{opcode:X2} does not describe data and is not allowed; the file is corrupt or"
                    + " hostile");
            }
        }

        return Pop();
    }

    private bool ReadNumber(byte opcode)
    {
        switch (opcode)
        {
            case None:
                Push(null);
                return true;
            case PickleOpcode.True:
                Push(True);
                return true;
            case PickleOpcode.False:
                Push(False);
                return true;
            case PickleOpcode.Int8:
                PushNumber(input.ReadByte());
                return true;
            case PickleOpcode.Int16:
                PushNumber(input.ReadUInt16());
                return true;
            case PickleOpcode.Int32:
                PushNumber(input.ReadInt32());
                return true;
            case Float:
                Charge(NumberBytes);
                Push(input.ReadDouble());
                return true;
            case Long1:
                PushLong(input.ReadByte());
                return true;
            case Long4:
                PushLong(input.ReadInt32());
                return true;
            default:
                return false;
        }
    }

    private bool ReadText(byte opcode)
    {
        switch (opcode)
        {
            case ShortString or ShortUnicode:
                Push(input.ReadText(input.ReadByte()));
                return true;
            case PickleOpcode.String:
                PushBytes(input.ReadInt32(), isText: true);
                return true;
            case Unicode:
                Push(input.ReadText(input.ReadInt32()));
                return true;
            case Unicode8:
                Push(input.ReadText(input.ReadInt64()));
                return true;
            case ShortBytes:
                Push(input.ReadBytes(input.ReadByte()));
                return true;
            case Bytes:
                PushBytes(input.ReadInt32(), isText: false);
                return true;
            case Bytes8:
                PushBytes(input.ReadInt64(), isText: false);
                return true;
            default:
                return false;
        }
    }

    private bool MakeContainer(byte opcode)
    {
        switch (opcode)
        {
            case EmptyDictionary:
                Charge(ContainerBytes);
                Push(new CheckpointDictionary());
                return true;
            case EmptyList or EmptySet:
                PushList(0, isTuple: false);
                return true;
            case PickleOpcode.EmptyTuple:
                Push(EmptyTuple);
                return true;
            case Tuple1:
                PushList(1, isTuple: true);
                return true;
            case Tuple2:
                PushList(2, isTuple: true);
                return true;
            case Tuple3:
                PushList(3, isTuple: true);
                return true;
            case PickleOpcode.Tuple or FrozenSet:
                PushList(stack.Count - PopMark(), isTuple: true);
                return true;
            default:
                return false;
        }
    }

    private bool ChangeContainer(byte opcode)
    {
        switch (opcode)
        {
            case Append:
                AddItems(stack.Count - 1);
                return true;
            case Appends or PickleOpcode.AddItems:
                AddItems(PopMark());
                return true;
            case SetItem:
                SetItems(stack.Count - 2);
                return true;
            case PickleOpcode.SetItems:
                SetItems(PopMark());
                return true;
            default:
                return false;
        }
    }

    private bool UseStack(byte opcode)
    {
        switch (opcode)
        {
            case Mark:
                if (marks.Count == DeepestStack)
                {
                    throw TooDeep();
                }

                marks.Add(stack.Count);
                return true;
            case PickleOpcode.Pop:
                Pop();
                return true;
            case PickleOpcode.PopMark:
                Drop(PopMark());
                return true;
            case Duplicate:
                Push(Peek());
                return true;
            case Frame:
                // Only a hint of how much to read at once.
                _ = input.ReadInt64();
                return true;
            default:
                return false;
        }
    }

    private bool UseMemo(byte opcode)
    {
        switch (opcode)
        {
            case Put:
                Remember(input.ReadByte());
                return true;
            case LongPut:
                Remember(input.ReadInt32());
                return true;
            case Memoize:
                Remember(memos.Count);
                return true;
            case Get:
                Push(Recall(input.ReadByte()));
                return true;
            case LongGet:
                Push(Recall(input.ReadInt32()));
                return true;
            default:
                return false;
        }
    }

    private bool UseName(byte opcode)
    {
        switch (opcode)
        {
            case Global:
                Push(calls.Name(input.ReadLine(), input.ReadLine()));
                return true;
            case StackGlobal:
                object? name = Pop();
                Push(calls.Name(Pop() as string, name as string));
                return true;
            case Reduce or NewObject:
                object? arguments = Pop();
                Charge(ContainerBytes);
                Push(calls.Make(Pop(), arguments));
                return true;
            case Build:
                object? state = Pop();
                object? target = Pop();
                calls.SetState(target, state);
                Push(Finished(target));
                return true;
            case PersistentId:
                Charge(ContainerBytes);
                Push(storages.Find(Pop(), input));
                return true;
            default:
                return false;
        }
    }

    private void PushBytes(long bytes, bool isText) =>
        Push(bytes > LongBytes ? input.PassOver(bytes) : isText ? input.ReadText(bytes) : input.ReadBytes(bytes));

    private void PushNumber(long number)
    {
        if (number is >= 0 and < SmallNumbers)
        {
            Push(Small[number]);
            return;
        }

        Charge(NumberBytes);
        Push(number);
    }

    // Two's complement, little-endian, as short as it goes.
    private void PushLong(int bytes)
    {
        var number = new BigInteger(input.ReadBytes(bytes));
        if (number >= long.MinValue && number <= long.MaxValue)
        {
            PushNumber((long)number);
            return;
        }

        Charge(NumberBytes + bytes);
        Push(number);
    }

    // The topmost items become a list.
    private void PushList(int count, bool isTuple)
    {
        int first = stack.Count - count;
        if (first < Floor)
        {
            throw Underflow();
        }

        Charge(ContainerBytes + (ItemBytes * count));
        var list = new CheckpointList(stack.Skip(first), isTuple);
        Drop(first);
        Push(list);
    }

    private void AddItems(int first)
    {
        if (first - 1 < Floor || stack[first - 1] is not CheckpointList { IsTuple: false } list)
        {
            throw input.Error("something is appended to what is not a list; the file is corrupt or hostile");
        }

        for (int i = first; i < stack.Count; i++)
        {
            Charge(ItemBytes);
            list.Add(stack[i]);
        }

        Drop(first);
    }

    private void SetItems(int first)
    {
        if (first - 1 < Floor || stack[first - 1] is not CheckpointDictionary dictionary || (stack.Count - first) % 2 != 0)
        {
            throw input.Error("an entry is set in what is not a dictionary; the file is corrupt or hostile");
        }

        for (int i = first; i < stack.Count; i += 2)
        {
            Charge(EntryBytes);
            dictionary.Set(calls.Key(stack[i]), stack[i + 1]);
        }

        Drop(first);
    }

    private void Remember(int slot)
    {
        if (slot is < 0 or >= MostMemos)
        {
            throw input.Error($"memo {slot} is over the limit; expected at most {MostMemos} memos");
        }

        Charge(MemoBytes);
        memos[slot] = Peek();
    }

    private object? Recall(int slot) =>
        memos.TryGetValue(slot, out object? value) ? Finished(value) : throw input.Error($"memo {slot} was never set; the file is corrupt");

    // An array is a tensor from when it has its numbers.
    private static object? Finished(object? value) => value is NumpyArray { Tensor: { } tensor } ? tensor : value;

    private void Push(object? value)
    {
        if (stack.Count == DeepestStack)
        {
            throw TooDeep();
        }

        stack.Add(value);
    }

    private object? Pop()
    {
        object? value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private object? Peek() => stack.Count > Floor ? stack[^1] : throw Underflow();

    // What lies under the last mark is out of reach until the mark is gone.
    private int Floor => marks.Count == 0 ? 0 : marks[^1];

    private int PopMark()
    {
        if (marks.Count == 0)
        {
            throw input.Error("a mark is used that was never set; the file is corrupt");
        }

        int mark = marks[^1];
        marks.RemoveAt(marks.Count - 1);
        return mark;
    }

    private void Drop(int first) => stack.RemoveRange(first, stack.Count - first);

    private void Charge(long bytes) => input.Budget.Charge(bytes, "the dictionaries and lists of the file");

    private FileFormatException Underflow() => input.Error("an instruction takes more from the stack than is there; the file is corrupt");

    private FileFormatException TooDeep() => input.Error($"the stack grows over {DeepestStack} items; the file is corrupt or hostile");
}
