# Three derivations, each made from the one before it. They need no sources: the builder is the /bin/sh that the sandbox gives,
# a static busybox, whose shell finds busybox's other programs by itself.
let
  sh = name: script: attributes:
    derivation ({
      inherit name;
      system = "x86_64-linux";
      builder = "/bin/sh";
      args = [ "-e" "-u" "-c" script ];
    } // attributes);

  # A file: how one greets, by language.
  greetings = sh "greetings.txt" ''
    cat > $out <<END
    en Hello
    fr Bonjour
    it Ciao
    nl Hallo
    pl Witaj
    END
    echo "$(wc -l < $out) greetings"
  '' { };

  # A directory with a program, which refers to the file.
  greet = sh "greet" ''
    mkdir -p $out/bin
    cat > $out/bin/greet <<END
    #!/bin/sh
    # greet NAME: greets NAME in every language
    while read -r language greeting; do
      echo "\$greeting, \$1! (\$language)"
    done < $greetings
    END
    chmod +x $out/bin/greet
  '' { inherit greetings; };
in
# What the program says, beside links to the program and, in another store path, to what it reads.
sh "greeting" ''
  mkdir -p $out/bin $out/share/greeting
  ln -s $greet/bin/greet $out/bin/greet
  ln -s $greetings $out/share/greeting/greetings.txt
  echo "greeting the world"
  $out/bin/greet world > $out/share/greeting/world.txt
  ln -s share/greeting/world.txt $out/README
'' { inherit greet greetings; }
