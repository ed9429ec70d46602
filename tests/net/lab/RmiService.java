// SPDX-License-Identifier: Apache-2.0
// A Java RMI service as the reference cluster has them, for tests and demos.
//
//     java RmiService LABEL REGISTRY_PORT OBJECT_PORT STUB_HOST NAME...
//
// The registry listens on REGISTRY_PORT, one object, bound to all NAMEs, on OBJECT_PORT (which may be the same).
// Stubs send clients to STUB_HOST. Prints "ready PID" once all names are bound; then each line of standard input is a
// command, answered with "ok COMMAND" or "failed COMMAND: REASON":
//
//     unbind NAME      the registry forgets the name
//     rebind NAME      it is bound (again) to the object
//     rebind-other NAME   it is bound to an object of another interface
//     quit             ends the process; so does the end of the input
//
//     java RmiService call HOST PORT NAME USER COUNT
//
// calls the object as an application does, over the stub, and prints each answer.
//
//     java RmiService knock HOST PORT NAME USER MILLISECONDS
//
// looks the name up and calls the object at that pace until it is ended, one call after the other, and prints of each
// "NUMBER START END RESULT 0" as probe_main.py does; RESULT is "ok" or the exception.
//
// With -Dlisten=ADDRESS:PORT all ports are that one, whatever they are called: a container's published port.
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.rmi.Remote;
import java.rmi.RemoteException;
import java.rmi.registry.LocateRegistry;
import java.rmi.registry.Registry;
import java.rmi.server.RMISocketFactory;
import java.rmi.server.UnicastRemoteObject;

public final class RmiService {
    /** What the application's clients call. */
    public interface Session extends Remote {
        /** The label of the server, and how often this user has called it: a session lives in one server alone. */
        String call(String user) throws RemoteException;
    }

    /** Something else. */
    public interface Other extends Remote {
        void nothing() throws RemoteException;
    }

    private static final class SessionServer implements Session {
        private final String label;
        private final java.util.Map<String, Integer> calls = new java.util.HashMap<>();

        SessionServer(String label) {
            this.label = label;
        }

        @Override
        public synchronized String call(String user) {
            return label + " " + user + " " + calls.merge(user, 1, Integer::sum);
        }
    }

    private static final class OtherServer implements Other {
        @Override
        public void nothing() {}
    }

    private static Remote session;
    private static Remote other;

    private static void obey(Registry registry, String command) throws Exception {
        String[] words = command.split(" ", 2);
        switch (words[0]) {
            case "unbind" -> registry.unbind(words[1]);
            case "rebind" -> registry.rebind(words[1], session);
            case "rebind-other" -> registry.rebind(words[1], other);
            case "quit" -> System.exit(0);
            default -> throw new IllegalArgumentException("no such command");
        }
    }

    private static void serve(String[] words) throws Exception {
        int registryPort = Integer.parseInt(words[1]);
        int objectPort = Integer.parseInt(words[2]);
        System.setProperty("java.rmi.server.hostname", words[3]);
        if (System.getProperty("listen") != null) {
            RMISocketFactory.setSocketFactory(new Published(System.getProperty("listen")));
        }
        Registry registry = LocateRegistry.createRegistry(registryPort);
        SessionServer sessionServer = new SessionServer(words[0]);
        OtherServer otherServer = new OtherServer();
        session = UnicastRemoteObject.exportObject(sessionServer, objectPort);
        other = UnicastRemoteObject.exportObject(otherServer, objectPort);
        for (int index = 4; index < words.length; ++index) {
            registry.rebind(words[index], session);
        }
        System.out.println("ready " + ProcessHandle.current().pid());
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        for (String command = input.readLine(); command != null; command = input.readLine()) {
            try {
                obey(registry, command);
                System.out.println("ok " + command);
            } catch (Exception error) {
                System.out.println("failed " + command + ": " + error);
            }
        }
        // Nothing but this thread refers to them, and the registry holds no more than stubs.
        java.lang.ref.Reference.reachabilityFence(sessionServer);
        java.lang.ref.Reference.reachabilityFence(otherServer);
        System.exit(0);
    }

    private static void call(String[] words) throws Exception {
        Registry registry = LocateRegistry.getRegistry(words[1], Integer.parseInt(words[2]));
        Session stub = (Session) registry.lookup(words[3]);
        for (int count = Integer.parseInt(words[5]); count > 0; --count) {
            System.out.println(stub.call(words[4]));
        }
    }

    private static void knock(String[] words) throws InterruptedException {
        long every = Long.parseLong(words[5]) * 1_000_000;
        long due = System.nanoTime(); // CLOCK_MONOTONIC
        for (long number = 0;; ++number) {
            long start = System.nanoTime();
            String result = "ok";
            try {
                Registry registry = LocateRegistry.getRegistry(words[1], Integer.parseInt(words[2]));
                ((Session) registry.lookup(words[3])).call(words[4]);
            } catch (Exception error) {
                result = error.getClass().getSimpleName();
            }
            long end = System.nanoTime();
            System.out.printf(java.util.Locale.ROOT, "%d %.6f %.6f %s 0%n", number, start / 1e9, end / 1e9, result);
            due = Math.max(due + every, end);
            java.util.concurrent.TimeUnit.NANOSECONDS.sleep(due - end);
        }
    }

    /** Opens the one port that -Dlisten names, whichever is asked for. */
    private static final class Published extends RMISocketFactory {
        private final InetSocketAddress where;

        Published(String text) {
            int colon = text.lastIndexOf(':');
            where = new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
        }

        @Override
        public ServerSocket createServerSocket(int port) throws IOException {
            return new ServerSocket(where.getPort(), 50, where.getAddress());
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return new Socket(host, port);
        }
    }

    public static void main(String[] words) throws Exception {
        if (words.length == 6 && words[0].equals("call")) {
            call(words);
        } else if (words.length == 6 && words[0].equals("knock")) {
            knock(words);
        } else if (words.length > 4) {
            serve(words);
        } else {
            System.err.println("usage: RmiService LABEL REGISTRY_PORT OBJECT_PORT STUB_HOST NAME...");
            System.exit(2);
        }
    }
}
