Console.WriteLine("nonlocal");
